package io.carovana.worker.kernels;

import java.util.List;
import java.util.stream.Stream;

/** The kernels that this JVM can run. */
public final class KernelsHere {
  private static final List<String> WORDS =
      Stream.of("scalar", "vector", "vnni").filter(KernelsHere::runs).toList();

  private KernelsHere() {}

  /** All of them. */
  public static List<Kernels> all() {
    return words().map(KernelProvider::select).toList();
  }

  /** All but the specification. */
  public static List<Kernels> fast() {
    return words().skip(1).map(KernelProvider::select).toList();
  }

  /** The words that choose them. */
  public static Stream<String> words() {
    return WORDS.stream();
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
