package io.carovana.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator gets wrong is answered with words and the right exit code. */
class OperatorErrorsTest {
  private static final String MODEL =
      Path.of(System.getProperty("carovana.root"), "model", "demo-model").toString();

  @TempDir Path folder;

  @Test
  void aHomeThatIsAFileIsNoBug() throws IOException {
    Path file = Files.createFile(folder.resolve("afile"));
    for (String home : new String[] {file.toString(), file + "/below"}) {
      Captured up = new Captured(Map.of("CAROVANA_HOME", home));
      assertThat(up.run("up", "--port", freePort())).isEqualTo(2);
      assertThat(up.err())
          .startsWith("carovana: the state folder " + home + " cannot be written")
          .contains(file + " is not a folder", "CAROVANA_HOME")
          .doesNotContain("bug");

      Captured worker = new Captured(Map.of("CAROVANA_HOME", home));
      assertThat(worker.run("worker")).isEqualTo(2);
      assertThat(worker.err()).startsWith("carovana: the state folder " + home);

      Captured doctor = new Captured(Map.of("CAROVANA_HOME", home));
      assertThat(doctor.run("doctor")).isEqualTo(1);
      assertThat(doctor.out()).contains(file + " is not a folder");
    }
  }

  @Test
  void aGatewayThatWantsAKeyIsAnsweredWithWhereToPutIt() throws IOException {
    HttpServer gateway =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    gateway.createContext(
        "/",
        exchange -> {
          byte[] body = "{\"error\": {}}".getBytes(UTF_8);
          exchange.sendResponseHeaders(401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    gateway.start();
    String url = "http://127.0.0.1:" + gateway.getAddress().getPort();
    try {
      Captured without = new Captured(Map.of());
      assertThat(without.run("status", "--url", url)).isEqualTo(1);
      assertThat(without.err())
          .contains("wants an API key", "CAROVANA_API_KEY", "--api-key-file")
          .doesNotContain("{");
      Captured wrong = new Captured(Map.of("CAROVANA_API_KEY", "sesame"));
      assertThat(wrong.run("status", "--url", url)).isEqualTo(1);
      assertThat(wrong.err()).contains("does not accept this API key").doesNotContain("sesame");
    } finally {
      gateway.stop(0);
    }
  }

  @Test
  void logsAreThoseOfTheLatestStart() throws IOException {
    InstanceFolder instance = new InstanceFolder(folder, "x");
    instance.create();
    for (String process : new String[] {"coordinator", "worker-1", "worker-3"}) {
      Files.writeString(instance.logs().resolve(process + ".log"), "said by " + process + "\n");
    }
    ProcessIdentity gone = new ProcessIdentity(1, "another boot");
    instance.write(
        new InstanceState(
            InstanceState.SERVING,
            "",
            "",
            ProcessIdentity.self(),
            Map.of("coordinator", gone, "worker-1", gone)));

    Captured logs = new Captured(Map.of("CAROVANA_HOME", folder.toString()));
    assertThat(logs.run("logs", "--name", "x")).isZero();
    assertThat(logs.out())
        .contains("said by coordinator", "said by worker-1")
        .doesNotContain("worker-3");

    Captured negative = new Captured(Map.of("CAROVANA_HOME", folder.toString()));
    assertThat(negative.run("logs", "--name", "x", "--lines", "-1")).isEqualTo(2);
    assertThat(negative.err()).contains("--lines -1");
  }

  @Test
  void aBodyLimitOfNothingIsRefusedBeforeAnythingStarts() {
    Captured up = new Captured(Map.of("CAROVANA_HOME", folder.toString()));
    assertThat(up.run("up", "--max-body", "0")).isEqualTo(2);
    assertThat(up.err()).contains("max-body '0'", "must be from 1 B to 1.0 GiB");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aCutThatTheModelDoesNotHaveNamesTheFlagAndItsMost() throws IOException {
    assertThat(refusedUp("--workers", "99"))
        .contains("--workers gives a stage 99 ranks", "4 KV heads", "at most --workers 4.");
    assertThat(refusedUp("--workers", "10", "--stages", "2"))
        .contains("at most --workers 8 with --stages 2.");
    assertThat(refusedUp("--workers", "99", "--stages", "99"))
        .contains("--stages 99 is more than the ", " layers of this model");

    for (String flag : new String[] {"--ranks=9", "--split=1,1,1,1,1"}) {
      String most = flag.startsWith("--ranks") ? "--ranks 4." : "4 numbers in --split.";
      Captured generate = new Captured(Map.of());
      assertThat(
              generate.run(
                  "generate", "--model", MODEL, "--prompt", "x", "--max-tokens", "1", flag))
          .isEqualTo(2);
      assertThat(generate.err()).contains("4 KV heads to share among them: at most " + most);
    }
  }

  private String refusedUp(String... flags) throws IOException {
    Captured up = new Captured(Map.of("CAROVANA_HOME", folder.toString()));
    List<String> arguments = new ArrayList<>(List.of("up", "--model", MODEL, "--port", freePort()));
    arguments.addAll(List.of(flags));
    assertThat(up.run(arguments.toArray(String[]::new))).isEqualTo(2);
    return up.err();
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return String.valueOf(socket.getLocalPort());
    }
  }
}
