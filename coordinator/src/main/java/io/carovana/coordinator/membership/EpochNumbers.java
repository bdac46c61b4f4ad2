package io.carovana.coordinator.membership;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out epoch numbers that rise over restarts of the coordinator, so that frames of an epoch
 * before are always told apart. The last one is kept in a file; epochs that workers report count
 * too, in case the file was lost.
 */
public final class EpochNumbers {
  private static final Logger LOG = LoggerFactory.getLogger(EpochNumbers.class);
  private static final String FILE = "epoch";

  private final Path folder;
  private long last;

  /**
   * @param folder where the last number is kept
   */
  public EpochNumbers(Path folder) {
    this.folder = folder;
    this.last = read(folder.resolve(FILE));
  }

  /** Takes in an epoch somebody has heard of. */
  void heard(long epoch) {
    last = Math.max(last, epoch);
  }

  /** The next number, at least 1. */
  long next() {
    last++;
    write(last);
    return last;
  }

  private static long read(Path file) {
    if (!Files.exists(file)) {
      return 0;
    }
    try {
      return Math.max(0, Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException e) {
      LOG.warn("cannot read the last epoch from {}: {}", file, e.toString());
      return 0;
    }
  }

  private void write(long epoch) {
    try {
      Files.createDirectories(folder);
      Path fresh = folder.resolve(FILE + ".new");
      Files.writeString(fresh, epoch + "\n");
      Files.move(
          fresh,
          folder.resolve(FILE),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("cannot keep the epoch number in {}: {}", folder, e.toString());
    }
  }
}
