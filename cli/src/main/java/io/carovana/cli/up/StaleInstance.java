package io.carovana.cli.up;

import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.instance.InstanceState;
import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What an instance left behind whose supervisor was killed. */
final class StaleInstance {
  /** Processes without a supervisor end by themselves; this long they may take. */
  private static final long PATIENCE_MS = 7_000;

  private static final long POLL_MS = 50;

  private StaleInstance() {}

  /**
   * Waits for the processes to end, kills those that do not, and removes the media driver's files.
   * Nobody else has the instance: the caller holds its lock.
   */
  static void clear(InstanceFolder folder, Consumer<String> progress)
      throws IOException, InterruptedException {
    var state = folder.read();
    if (state.isEmpty()) {
      return;
    }
    InstanceState left = state.get();
    awaitEnd(left, progress);
    if (!left.aeronDir().isEmpty()) {
      InstanceFolder.deleteTree(Path.of(left.aeronDir()));
    }
    folder.clear();
  }

  private static void awaitEnd(InstanceState left, Consumer<String> progress)
      throws InterruptedException {
    List<ProcessIdentity> alive = alive(left);
    if (alive.isEmpty()) {
      return;
    }
    progress.accept("Waiting for the processes of an instance that was killed");
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    while (!alive(left).isEmpty() && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
    for (ProcessIdentity process : alive(left)) {
      progress.accept("Killing process " + process.pid() + ", which does not end");
      process.handle().ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private static List<ProcessIdentity> alive(InstanceState state) {
    return state.processes().values().stream().filter(ProcessIdentity::isAlive).toList();
  }
}
