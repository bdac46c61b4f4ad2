package io.carovana.cli.role;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.protocol.LogContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LoggingTest {
  @TempDir Path folder;

  @AfterEach
  void letGoOfTheFile() {
    Logging.toConsole();
  }

  @Test
  void aLineSaysTimeInUtcNodeEpochAndRequest() throws IOException {
    Path file = folder.resolve("worker-1.log");
    Logging.toFile(file, "worker-1", false);
    var log = LoggerFactory.getLogger("io.carovana.test");
    log.info("before any epoch");
    LogContext.epoch(41);
    LogContext.epoch(42);
    try (var line = MDC.putCloseable(LogContext.REQUEST, "req-7")) {
      log.info("in an epoch");
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines.get(0))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO .*")
        .contains("[worker-1] [epoch=-] [request=-]")
        .endsWith("before any epoch");
    assertThat(lines.get(1)).contains("[worker-1] [epoch=42] [request=req-7]");
  }
}
