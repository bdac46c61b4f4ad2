package io.carovana.cli.role;

import io.carovana.cli.CliContext;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.gateway.GatewayProcess;
import io.carovana.gateway.GatewaySettings;
import io.carovana.protocol.Failure;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** A gateway. */
@Command(
    name = "gateway",
    description =
        "Run a gateway: HTTP in, token streams out. Beyond loopback it needs an API key:"
            + " --api-key-file, or CAROVANA_API_KEY. Ports: 8080/tcp HTTP, 7370/tcp control.")
public final class GatewayCommand extends RoleCommand {
  /** Heap of a gateway: connections, buffers and the tokenizer. */
  static final String JVM_OPTIONS = RoleJvm.options(128, 32);

  /** A command of {@code context}. */
  public GatewayCommand(CliContext context) {
    super(context, RoleSettings.Kind.GATEWAY);
  }

  @Override
  List<Setting> ownFlags() {
    return List.of(
        Setting.PORT,
        Setting.SERVED_MODEL_NAME,
        Setting.API_KEY_FILE,
        Setting.MAX_BODY,
        Setting.REQUEST_LIMIT_S);
  }

  @Override
  String jvmOptions(Settings settings) {
    return JVM_OPTIONS;
  }

  @Override
  Role start(RoleSettings role) {
    Settings settings = role.settings();
    GatewayProcess process =
        GatewayProcess.start(
            new GatewaySettings(
                role.nodeSettings(),
                role.bind(),
                settings.requireInteger(Setting.PORT),
                ApiKeys.of(settings),
                settings.text(Setting.SERVED_MODEL_NAME).orElse(null),
                settings.size(Setting.MAX_BODY).map(Math::toIntExact).orElseThrow(),
                TimeUnit.SECONDS.toMillis(settings.requireInteger(Setting.REQUEST_LIMIT_S))));
    return new Role() {
      @Override
      public Optional<Failure> awaitTermination() throws InterruptedException {
        return process.awaitTermination();
      }

      @Override
      public void close() {
        process.close();
      }
    };
  }
}
