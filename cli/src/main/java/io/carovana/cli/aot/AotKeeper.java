package io.carovana.cli.aot;

import io.carovana.cli.CliContext;
import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.model.MachineMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Sees, once an instance serves, that the next one starts faster. Whatever goes wrong is a line in
 * {@code aot.log} of the instance and nothing more.
 */
public final class AotKeeper implements AutoCloseable {
  /** What the private cluster takes for a minute, and as much again. */
  private static final long FREE_BYTES = 2L << 30;

  private final CliContext context;
  private final Path log;
  private final IntSupplier freePort;
  private final Thread thread;

  /**
   * A keeper.
   *
   * @param logs folder of the instance's logs
   * @param freePort names a port nobody uses
   */
  public AotKeeper(CliContext context, Path logs, IntSupplier freePort) {
    this.context = context;
    this.log = logs.resolve("aot.log");
    this.freePort = freePort;
    this.thread = Thread.ofPlatform().name("aot-cache").daemon(true).unstarted(this::keep);
  }

  /** Begins in the background, unless {@link AotMode} says otherwise. */
  public void begin() {
    if (AotMode.of(context.environment()) == AotMode.AUTO) {
      thread.start();
    }
  }

  private void keep() {
    try {
      AotCache cache = AotCache.of(context.distribution(), context.home());
      if (cache.isFresh()) {
        return;
      }
      if (MachineMemory.freeBytes() < FREE_BYTES) {
        say("no AOT cache is made: less than 2 GiB of memory are free");
        return;
      }
      make(cache);
    } catch (IOException | UncheckedIOException e) {
      say("no AOT cache is made: " + e);
    } catch (InterruptedException e) {
      say("no AOT cache is made: the instance stops");
    }
  }

  private void make(AotCache cache) throws IOException, InterruptedException {
    Files.createDirectories(cache.folder());
    try (FileChannel channel =
            FileChannel.open(
                cache.folder().resolve("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        return; // another instance makes it
      }
      say("making AOT caches in " + cache.folder() + ", with idle priority");
      Path work = cache.folder().resolve("making");
      Map<String, Path> made =
          new AotTraining(context.launcher(), work, context.environment(), freePort.getAsInt())
              .run();
      if (made.isEmpty()) {
        say("made none: the next start tries again");
        return;
      }
      cache.publish(made);
      InstanceFolder.deleteTree(work);
      say("made AOT caches of " + made.keySet());
    }
  }

  private void say(String line) {
    try {
      Files.writeString(
          log,
          Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      // nobody can be told
    }
  }

  /** Gives up; a private cluster that still runs ends by itself, with its input. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
