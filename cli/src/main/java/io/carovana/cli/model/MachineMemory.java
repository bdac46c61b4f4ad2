package io.carovana.cli.model;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Memory that could be taken now, counting the limits of a container. */
public final class MachineMemory {
  /** Where the system does not say what is available, this part of everything is assumed. */
  private static final double ASSUMED_AVAILABLE = 0.6;

  private MachineMemory() {}

  /** Bytes free now: of the machine, or of the control group if that is less. */
  public static long freeBytes() {
    return Math.min(machineFree(), groupFree(Path.of("/sys/fs/cgroup")).orElse(Long.MAX_VALUE));
  }

  /** Bytes there are: of the machine, or of the control group if that is less. */
  public static long totalBytes() {
    return bean().getTotalMemorySize();
  }

  /** Most memory this process has had resident so far. */
  public static long peakResidentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return kibibytes(line);
        }
      }
    }
    // Elsewhere the present size has to do; it is taken when everything is allocated.
    Process ps =
        new ProcessBuilder("ps", "-o", "rss=", "-p", "" + ProcessHandle.current().pid()).start();
    return kibibytes(new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
  }

  private static long kibibytes(String text) {
    return Long.parseLong(text.replaceAll("[^0-9]", "")) << 10;
  }

  private static long machineFree() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) {
          return kibibytes(line);
        }
      }
    } catch (IOException e) {
      // not a Linux
    }
    return (long) (bean().getTotalMemorySize() * ASSUMED_AVAILABLE);
  }

  /** Limit minus use of a control group; its file cache can be taken back and is not in use. */
  static OptionalLong groupFree(Path group) {
    try {
      Path max = group.resolve("memory.max");
      if (Files.isReadable(max)) {
        return groupFree(
            Files.readString(max),
            Files.readString(group.resolve("memory.current")),
            Files.readString(group.resolve("memory.stat")),
            "inactive_file ");
      }
      Path memory = group.resolve("memory");
      Path limit = memory.resolve("memory.limit_in_bytes");
      if (Files.isReadable(limit)) {
        return groupFree(
            Files.readString(limit),
            Files.readString(memory.resolve("memory.usage_in_bytes")),
            Files.readString(memory.resolve("memory.stat")),
            "total_inactive_file ");
      }
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
    return OptionalLong.empty();
  }

  private static OptionalLong groupFree(String limit, String use, String stat, String cacheKey) {
    if (limit.strip().equals("max")) {
      return OptionalLong.empty();
    }
    long cache =
        stat.lines()
            .filter(line -> line.startsWith(cacheKey))
            .mapToLong(line -> Long.parseLong(line.substring(cacheKey.length()).strip()))
            .sum();
    long free = Long.parseLong(limit.strip()) - Long.parseLong(use.strip()) + cache;
    return OptionalLong.of(Math.max(0, free));
  }

  private static OperatingSystemMXBean bean() {
    return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  }
}
