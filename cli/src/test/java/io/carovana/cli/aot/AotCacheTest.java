package io.carovana.cli.aot;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Caches of a made-up distribution, whose launcher records words and makes a cache of them. */
class AotCacheTest {
  /** Serves until its input ends; a worker's second recording is fuller, one more was cut short. */
  private static final String LAUNCHER =
      """
      #!/bin/sh
      case "$CAROVANA_AOT_CACHE" in
      record:*)
        echo ready
        cat > /dev/null
        cd "${CAROVANA_AOT_CACHE#record:}"
        echo a > cli.1.conf; echo b > coordinator.2.conf
        echo c > worker.3.conf; echo cc > worker.4.conf; : > worker.5.conf
        : > gateway.6.conf
        ;;
      create:*) recording=${CAROVANA_AOT_CACHE#create:}; cp "$recording" "${recording%.conf}.aot" ;;
      esac
      """;

  @TempDir Path folder;
  private Path distribution;
  private Path jar;

  @BeforeEach
  void makeDistribution() throws Exception {
    distribution = folder.resolve("dist");
    Files.createDirectories(distribution.resolve("bin"));
    Files.createDirectories(distribution.resolve("lib"));
    Path launcher = Files.writeString(distribution.resolve("bin").resolve("carovana"), LAUNCHER);
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    jar = Files.writeString(distribution.resolve("lib").resolve("a.jar"), "classes");
  }

  private AotCache cache() throws Exception {
    return AotCache.of(distribution, folder.resolve("home"));
  }

  @Test
  void isFreshUntilAJarChanges() throws Exception {
    assertThat(cache().isFresh()).isFalse();
    Files.createDirectories(cache().folder());
    cache().publish(Map.of("worker", Files.writeString(folder.resolve("w"), "cache")));
    assertThat(cache().isFresh()).isTrue();
    assertThat(cache().folder().resolve("worker.aot")).hasContent("cache");
    Files.setLastModifiedTime(jar, FileTime.fromMillis(0));
    assertThat(cache().isFresh()).isFalse();
  }

  @Test
  void isNotTriedAgainWhereNothingCanBeMade() throws Exception {
    Files.createDirectories(cache().folder());
    cache().publish(Map.of());
    assertThat(cache().isFresh()).isTrue();
  }

  @Test
  void makesACacheOfTheFullestRecordingOfEachProcess() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestURI().getPath());
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    try {
      Map<String, Path> made =
          new AotTraining(
                  distribution.resolve("bin").resolve("carovana"),
                  folder.resolve("work"),
                  Map.of(),
                  server.getAddress().getPort())
              .run();
      assertThat(asked).containsExactly("/v1/completions", "/v1/chat/completions");
      assertThat(made).containsOnlyKeys("cli", "coordinator", "worker");
      assertThat(made.get("worker")).hasContent("cc");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void theVariableSaysWhatToDo() {
    assertThat(AotMode.of(Map.of())).isEqualTo(AotMode.AUTO);
    assertThat(AotMode.of(Map.of("CAROVANA_AOT_CACHE", "off"))).isEqualTo(AotMode.OFF);
    assertThat(AotMode.of(Map.of("CAROVANA_AOT_CACHE", "record:/x"))).isEqualTo(AotMode.RECORD);
    assertThat(AotMode.of(Map.of("CAROVANA_AOT_CACHE", "create:/x.conf")))
        .isEqualTo(AotMode.CREATE);
  }
}
