package io.carovana.transport;

import io.aeron.CommonContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.agrona.IoUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A place for a media driver's files.
 *
 * @param path the directory, not created yet
 * @param sharedMemory whether it lies in memory rather than in a disk's file system
 */
public record DriverDirectory(Path path, boolean sharedMemory) {
  private static final Logger LOG = LoggerFactory.getLogger(DriverDirectory.class);
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final String PREFIX = "carovana-aeron-";
  private static final long DRIVER_SILENT_MS = 10_000;

  /** Neither shared memory nor the temporary folder has the room. */
  public static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoRoomException(String message) {
      super(message);
    }
  }

  /**
   * Chooses shared memory if it has room, else {@code fallback}.
   *
   * @param name tells this driver's directory from others; letters, digits, dashes
   * @param requiredBytes what the driver will take
   * @param fallback an existing folder on a disk
   * @throws NoRoomException if neither has the room; the message names both
   */
  public static DriverDirectory choose(String name, long requiredBytes, Path fallback) {
    return choose(SHARED_MEMORY, name, requiredBytes, fallback);
  }

  static DriverDirectory choose(Path shared, String name, long requiredBytes, Path fallback) {
    String folder = PREFIX + ProcessHandle.current().pid() + "-" + name;
    sweep(shared);
    long sharedRoom = room(shared);
    if (sharedRoom >= requiredBytes) {
      return new DriverDirectory(shared.resolve(folder), true);
    }
    long fallbackRoom = room(fallback);
    if (fallbackRoom >= requiredBytes) {
      return new DriverDirectory(fallback.resolve(folder), false);
    }
    throw new NoRoomException(
        String.format(
            Locale.ROOT,
            "the data plane needs %d MiB for its buffers; %s has %d MiB, %s has %d MiB: free some, or"
                + " start with fewer workers",
            mebibytesUp(requiredBytes),
            shared,
            sharedRoom >> 20,
            fallback,
            fallbackRoom >> 20));
  }

  private static long mebibytesUp(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  private static long room(Path folder) {
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      return 0;
    }
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      LOG.debug("cannot tell the room in {}", folder, e);
      return 0;
    }
  }

  /** Removes what drivers left behind that were killed. */
  private static void sweep(Path parent) {
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path folder : folders) {
        if (abandoned(folder)) {
          LOG.info("removing {}, left behind by a process that is gone", folder);
          IoUtil.delete(folder.toFile(), true);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("cannot look through {}", parent, e);
    }
  }

  private static boolean abandoned(Path folder) {
    String rest = folder.getFileName().toString().substring(PREFIX.length());
    int dash = rest.indexOf('-');
    if (dash < 1 || !rest.substring(0, dash).chars().allMatch(Character::isDigit)) {
      return false;
    }
    boolean alive = ProcessHandle.of(Long.parseLong(rest.substring(0, dash))).isPresent();
    // another container may share this memory and not this process table: ask the driver itself
    return !alive
        && !CommonContext.isDriverActive(folder.toFile(), DRIVER_SILENT_MS, message -> {});
  }
}
