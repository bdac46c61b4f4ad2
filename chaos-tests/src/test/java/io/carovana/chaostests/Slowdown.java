package io.carovana.chaostests;

import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;

/** Lets a process run a tenth of the time, never still for long. */
final class Slowdown implements AutoCloseable {
  private static final String LOOP =
      "while kill -STOP $1 && sleep 0.18 && kill -CONT $1; do sleep 0.02; done";

  private final ProcessIdentity process;
  private final Process loop;

  private Slowdown(ProcessIdentity process, Process loop) {
    this.process = process;
    this.loop = loop;
  }

  static Slowdown of(ProcessIdentity process) throws IOException {
    return new Slowdown(
        process, new ProcessBuilder("sh", "-c", LOOP, "slowdown", "" + process.pid()).start());
  }

  boolean isRunning() {
    return loop.isAlive();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    loop.destroyForcibly().waitFor();
    Instance.signal(process, "CONT");
  }
}
