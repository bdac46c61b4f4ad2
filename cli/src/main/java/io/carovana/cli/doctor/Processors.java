package io.carovana.cli.doctor;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How many processors there are and what they can do for the kernels. */
final class Processors {
  private static final int COMFORTABLE = 2;

  private Processors() {}

  static List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    int count = Runtime.getRuntime().availableProcessors();
    findings.add(
        count >= COMFORTABLE
            ? Finding.ok("processors", count + " available")
            : Finding.warn(
                "processors", count + " available", "Two or more make the demo comfortable."));
    findings.add(features(System.getProperty("os.arch"), flags()));
    return findings;
  }

  private static Finding features(String architecture, Set<String> flags) {
    if (architecture.equals("aarch64")) {
      return Finding.ok("vector units", "NEON with fused multiply-add (every aarch64 has it)");
    }
    if (flags.isEmpty()) {
      return usesFma()
          ? Finding.ok("vector units", "the JVM uses fused multiply-add")
          : noFma("the JVM uses no fused multiply-add");
    }
    String width =
        flags.contains("avx512f") ? "AVX-512" : flags.contains("avx2") ? "AVX2" : "SSE only";
    boolean fma = flags.contains("fma");
    String found = width + (fma ? " with FMA" : ", no FMA");
    return fma ? Finding.ok("vector units", found) : noFma(found);
  }

  private static Finding noFma(String found) {
    return Finding.warn(
        "vector units",
        found,
        "Without fused multiply-add the same bits come from software, very slowly. A virtual machine"
            + " may hide it: let it see the host's processor.");
  }

  private static boolean usesFma() {
    HotSpotDiagnosticMXBean bean =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      return Boolean.parseBoolean(bean.getVMOption("UseFMA").getValue());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Set<String> flags() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+")))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of();
    }
  }
}
