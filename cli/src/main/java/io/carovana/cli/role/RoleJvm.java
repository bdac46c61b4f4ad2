package io.carovana.cli.role;

import io.carovana.worker.kernels.KernelProvider;

/** Heaps of the roles: small and explicit, so that a demo of five processes stays small too. */
public final class RoleJvm {
  /** What a worker's process takes beside weights, KV cache and workspace: heap for all else. */
  public static final long WORKER_EXTRA_HEAP_BYTES = 48L << 20;

  /** What a JVM takes beside its heap: classes, code, stacks, direct buffers. */
  public static final long JVM_OVERHEAD_BYTES = 110L << 20;

  private static final String VECTOR_MODULE = "--add-modules jdk.incubator.vector";
  private static final long WORKER_YOUNG_BYTES = 24L << 20;

  /** From here on huge pages are asked for: they speed reading and round small heaps up. */
  private static final long HUGE_PAGES_FROM_BYTES = 512L << 20;

  private RoleJvm() {}

  /** Of a role without weights: most heap and young part of it, MiB. */
  static String options(int heapMiB, int youngMiB) {
    return "-Xms%dm -Xmx%dm -Xmn%dm %s".formatted(youngMiB + 8, heapMiB, youngMiB, common());
  }

  /**
   * Of a worker whose weights, KV cache and workspace take {@code memoryBytes}. Where kernels are
   * machine code it goes without the vector module, with which the JDK archives no boot layer.
   */
  public static String workerOptions(long memoryBytes) {
    long heap = memoryBytes + WORKER_EXTRA_HEAP_BYTES;
    String pages = memoryBytes < HUGE_PAGES_FROM_BYTES ? "" : " -XX:+UseTransparentHugePages";
    String vectors = KernelProvider.machineCodeRunsHere() ? "" : VECTOR_MODULE + " ";
    return "%s-Xms%dm -Xmx%dm -Xmn%dm %s%s"
        .formatted(
            vectors,
            (WORKER_YOUNG_BYTES >> 20) + 8,
            (heap >> 20) + 1,
            WORKER_YOUNG_BYTES >> 20,
            common(),
            pages);
  }

  /** Of a coordinator. */
  public static String coordinatorOptions() {
    return CoordinatorCommand.JVM_OPTIONS;
  }

  /** Of a gateway. */
  public static String gatewayOptions() {
    return GatewayCommand.JVM_OPTIONS;
  }

  private static String common() {
    return "-XX:+UseSerialGC -Xss512k -XX:ReservedCodeCacheSize=64m -XX:MaxDirectMemorySize=64m";
  }
}
