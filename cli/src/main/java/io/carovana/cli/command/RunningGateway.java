package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.admin.AdminClient;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.role.ApiKeys;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The gateway an operator's command speaks to: of an instance here, or at an address. */
final class RunningGateway {
  private static final int TIMEOUT_MS = 5_000;
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Gateway to ask, such as http://10.0.0.5:8080; the instance's if not given.")
  private @Nullable String url;

  /** Its address. */
  String url(CliContext context, Settings settings) {
    if (url != null) {
      requireHttp(url);
      return url.replaceAll("/+$", "");
    }
    String name = settings.requireText(Setting.NAME);
    InstanceFolder folder = new InstanceFolder(context.home(), name);
    return folder
        .read()
        .filter(state -> state.supervisor().isAlive())
        .map(InstanceState::url)
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.NOT_RUNNING,
                    "the instance '"
                        + name
                        + "' is not running; start it with 'carovana up', or name"
                        + " a gateway with --url."));
  }

  private static void requireHttp(String url) {
    if (!url.matches("https?://[^/]+.*")) {
      throw new CliException(
          ExitCode.USAGE, "--url " + url + " is not an http:// or https:// address.");
    }
  }

  /** What it answers at {@code path}. */
  JsonNode get(CliContext context, Settings settings, String path) throws IOException {
    String address = url(context, settings);
    Optional<String> key = ApiKeys.first(settings);
    AdminClient.Answer answer;
    try {
      answer = new AdminClient(address, key, TIMEOUT_MS).get(path);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.NOT_RUNNING,
          "the gateway at " + address + " does not answer: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, address + " is not a URL: " + e.getMessage());
    }
    if (answer.status() == UNAUTHORIZED) {
      throw new CliException(
          ExitCode.FAILED,
          "the gateway at "
              + address
              + (key.isPresent() ? " does not accept this API key" : " wants an API key")
              + ": set CAROVANA_API_KEY, or name the file it is in with --api-key-file.");
    }
    if (answer.status() != OK) {
      throw new CliException(
          ExitCode.FAILED,
          address + path + " answered " + answer.status() + ": " + answer.body().strip());
    }
    return answer.json();
  }
}
