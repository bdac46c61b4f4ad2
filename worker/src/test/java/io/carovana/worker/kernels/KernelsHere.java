package io.carovana.worker.kernels;

import java.util.stream.Stream;

/** The kernels that this JVM can run, by the words that choose them; for parameterized tests. */
public final class KernelsHere {
  private KernelsHere() {}

  /** All of them. */
  public static Stream<String> all() {
    return Stream.of("scalar", "vector", "vnni").filter(KernelsHere::runs);
  }

  private static boolean runs(String wanted) {
    try {
      KernelProvider.select(wanted);
      return true;
    } catch (IllegalStateException e) {
      System.out.println(wanted + " kernels are not tested here: " + e.getMessage());
      return false;
    }
  }
}
