package io.carovana.cli.role;

import io.carovana.cli.ExitCode;
import io.carovana.cli.up.Signals;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * When a role has to stop: a signal tells it, or its supervisor is gone. The supervisor holds the
 * other end of standard input and never writes; the end of that input is the end of the supervisor,
 * also when that was killed.
 */
final class SupervisedLife {
  private final long stopMs;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile ExitCode exitCode = ExitCode.OK;

  private SupervisedLife(long stopMs) {
    this.stopMs = stopMs;
  }

  /**
   * Begins to listen.
   *
   * @param supervised whether a supervisor started this process; it alone hears the keyboard then
   * @param stopMs how long stopping in order may take; a supervisor kills after the same time
   */
  static SupervisedLife begin(boolean supervised, InputStream input, long stopMs) {
    SupervisedLife life = new SupervisedLife(stopMs);
    if (supervised) {
      Signals.ignore(Signals.INTERRUPT, Signals.HANG_UP);
      Signals.handle(life::signalled, Signals.TERMINATE);
      daemon("supervisor-watch", () -> life.awaitEndOf(input));
    } else {
      Signals.handle(life::signalled, Signals.INTERRUPT, Signals.TERMINATE, Signals.HANG_UP);
    }
    return life;
  }

  /** Waits for the end. */
  void await() throws InterruptedException {
    over.await();
  }

  /** Whether the end has come. */
  boolean isOver() {
    return over.getCount() == 0;
  }

  /** How an ordered end is reported. */
  ExitCode exitCode() {
    return exitCode;
  }

  private void signalled(String name) {
    if (isOver()) {
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED.number());
    }
    if (name.equals(Signals.INTERRUPT)) {
      exitCode = ExitCode.INTERRUPTED;
    }
    end();
  }

  private void awaitEndOf(InputStream input) {
    try {
      while (input.read() >= 0) {
        // nothing is ever written
      }
    } catch (IOException e) {
      // an input that cannot be read is at its end
    }
    end();
  }

  private void end() {
    over.countDown();
    daemon("stop-deadline", this::haltWhenLate);
  }

  /** Whatever hangs, the process does not outlive its orders for long. */
  private void haltWhenLate() {
    try {
      TimeUnit.MILLISECONDS.sleep(stopMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(ExitCode.FAILED.number());
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
