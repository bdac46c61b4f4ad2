package io.carovana.cli.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carovana.cli.ExitCode;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import io.carovana.cli.up.ChildSpec.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Supervision with shell scripts in place of roles. */
class SupervisorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Ends on TERM and writes down when; the second argument picks another way to behave. */
  private static final String ROLE =
      """
      #!/bin/sh
      case "$2" in
      refuse) echo "no such model"; exit 6 ;;
      crash) exit 1 ;;
      deaf) trap '' TERM ;;
      *) trap 'echo "$1" >> "$STOPPED"; exit 0' TERM ;;
      esac
      while :; do sleep 0.05; done
      """;

  @TempDir Path home;
  private final List<String> progress = new CopyOnWriteArrayList<>();
  private final AtomicInteger served = new AtomicInteger();
  private InstanceFolder folder;
  private Path launcher;
  private Path stopped;
  private CompletableFuture<ExitCode> end = new CompletableFuture<>();

  @BeforeEach
  void prepare() throws Exception {
    folder = new InstanceFolder(home, "test");
    folder.create();
    stopped = home.resolve("stopped");
    launcher = Files.writeString(home.resolve("role"), ROLE);
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
  }

  @AfterEach
  void nothingIsLeft() {
    folder
        .read()
        .ifPresent(
            state ->
                state
                    .processes()
                    .values()
                    .forEach(p -> p.handle().ifPresent(ProcessHandle::destroyForcibly)));
  }

  @Test
  void startsAllAnnouncesOnceAndStopsGatewayCoordinatorWorkersInOrder() throws Exception {
    Supervisor supervisor = start("ok", "ok", "ok");
    await().atMost(PATIENCE).until(() -> served.get() == 1);
    InstanceState state = folder.read().orElseThrow();
    assertThat(state.phase()).isEqualTo(InstanceState.SERVING);
    assertThat(state.processes()).containsOnlyKeys("coordinator", "worker-1", "gateway");
    assertThat(state.processes().values()).allMatch(ProcessIdentity::isAlive);

    supervisor.signal(Signals.TERMINATE);

    assertThat(ended()).isEqualTo(ExitCode.OK);
    assertThat(Files.readAllLines(stopped)).containsExactly("gateway", "coordinator", "worker");
    assertThat(state.processes().values()).noneMatch(ProcessIdentity::isAlive);
    assertThat(served).hasValue(1);
  }

  @Test
  void startsAgainWhatDies() throws Exception {
    Supervisor supervisor = start("ok", "ok", "ok");
    await().atMost(PATIENCE).until(() -> served.get() == 1);
    ProcessIdentity before = process("worker-1");
    before.handle().orElseThrow().destroyForcibly();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                folder.read().orElseThrow().processes().containsKey("worker-1")
                    && !process("worker-1").equals(before));
    await().atMost(PATIENCE).until(() -> progress.contains("Serving again"));
    assertThat(progress).anyMatch(line -> line.contains("worker-1 was killed by signal 9"));
    supervisor.signal(Signals.INTERRUPT);
    assertThat(ended()).isEqualTo(ExitCode.INTERRUPTED);
  }

  @Test
  void aRefusalEndsEverythingWithItsExitCodeAndItsWords() throws Exception {
    start("refuse", "ok", "ok");
    assertThat(ended()).isEqualTo(ExitCode.BAD_MODEL);
    assertThat(progress).contains("no such model");
    assertThat(folder.read().orElseThrow().processes().values())
        .noneMatch(ProcessIdentity::isAlive);
    assertThat(served).hasValue(0);
  }

  @Test
  void theSecondSignalEndsAtOnceWhatDoesNotListen() throws Exception {
    Supervisor supervisor = start("ok", "deaf", "ok");
    await().atMost(PATIENCE).until(() -> served.get() == 1);
    ProcessIdentity deaf = process("worker-1");
    supervisor.signal(Signals.INTERRUPT);
    await().atMost(PATIENCE).until(() -> progress.stream().anyMatch(l -> l.startsWith("Stopping")));
    await().atMost(PATIENCE).until(supervisor::isStopping);
    supervisor.signal(Signals.INTERRUPT);
    assertThat(ended()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(deaf.isAlive()).isFalse();
  }

  private Supervisor start(String coordinator, String worker, String gateway) {
    List<ChildSpec> specs =
        List.of(
            new ChildSpec("coordinator", Kind.COORDINATOR, List.of("coordinator", coordinator), ""),
            new ChildSpec("worker-1", Kind.WORKER, List.of("worker", worker), ""),
            new ChildSpec("gateway", Kind.GATEWAY, List.of("gateway", gateway), ""));
    Supervisor supervisor =
        new Supervisor(
            specs,
            new Supervisor.Surroundings(
                launcher, Map.of("STOPPED", stopped.toString()), folder, "http://x", "", 5_000),
            () -> new GatewayProbe.Health(true, "serving"),
            progress::add,
            served::incrementAndGet);
    Thread thread =
        new Thread(
            () -> {
              try {
                end.complete(supervisor.run());
              } catch (Exception e) {
                end.completeExceptionally(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return supervisor;
  }

  private ProcessIdentity process(String name) {
    return java.util.Objects.requireNonNull(folder.read().orElseThrow().processes().get(name));
  }

  private ExitCode ended() throws InterruptedException, ExecutionException {
    try {
      return end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("the supervisor does not end: " + progress, e);
    }
  }
}
