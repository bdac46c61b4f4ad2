package io.carovana.chaostests;

import io.carovana.cli.instance.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process takes, as Linux counts it. */
final class Usage {
  /** Clock ticks per second in {@code /proc}, on every Linux in use. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int USER_TICKS_FIELD = 14;

  private Usage() {}

  /** Whether this system counts so. */
  static boolean known() {
    return Files.isReadable(Path.of("/proc/self/smaps_rollup"));
  }

  /**
   * Resident memory in bytes; of pages shared with other processes (jars, the JDK, the media
   * driver's files) its proportional share, so that a sum over processes is what they take
   * together.
   */
  static long residentBytes(ProcessIdentity process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no Pss of process " + process.pid());
  }

  /** Resident set, shared pages counted in full. */
  static long residentSetBytes(ProcessIdentity process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no VmRSS of process " + process.pid());
  }

  /** Processor time so far, seconds. */
  static double processorSeconds(ProcessIdentity process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long user = Long.parseLong(fields[USER_TICKS_FIELD - 3]);
    long system = Long.parseLong(fields[USER_TICKS_FIELD - 2]);
    return (user + system) / TICKS_PER_SECOND;
  }
}
