package io.carovana.cli.role;

import io.carovana.worker.kernels.KernelProvider;

/** Heaps of the roles: small and explicit, so that a demo of five processes stays small too. */
public final class RoleJvm {
  /** What a worker's process takes beside weights, KV cache and workspace: heap for all else. */
  public static final long WORKER_EXTRA_HEAP_BYTES = 48L << 20;

  /** What a JVM takes beside its heap: classes, code, stacks, direct buffers. */
  public static final long JVM_OVERHEAD_BYTES = 110L << 20;

  /** For kernels in the JDK's vectors. */
  private static final String VECTOR_MODULE = "--add-modules jdk.incubator.vector";

  /**
   * For kernels in machine code: C2 has nothing urgent to do, and at the start it spends most on
   * what only runs then. Thirty times the JDK's own thresholds, which what runs per panel of a
   * matrix passes within a second of work.
   */
  private static final String PATIENT_C2 =
      "-XX:Tier4InvocationThreshold=150000 -XX:Tier4MinInvocationThreshold=18000"
          + " -XX:Tier4CompileThreshold=450000 -XX:Tier4BackEdgeThreshold=1200000";

  private static final long WORKER_YOUNG_BYTES = 24L << 20;

  /**
   * Weights are born old: they are as long-lived as can be, and a copy of each would take longer
   * than reading it. What loaders read them into is smaller, and dies young.
   */
  private static final String LARGE_IS_OLD = "-XX:PretenureSizeThreshold=2m";

  /**
   * From here on huge pages are asked for, which speed reading and round small heaps up, and the
   * heap grows in large steps: each is a full collection.
   */
  private static final long LARGE_FROM_BYTES = 512L << 20;

  private static final String LARGE = " -XX:MinHeapDeltaBytes=1g -XX:+UseTransparentHugePages";

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
    return "%s -Xms%dm -Xmx%dm -Xmn%dm %s %s%s"
        .formatted(
            KernelProvider.machineCodeRunsHere() ? PATIENT_C2 : VECTOR_MODULE,
            (WORKER_YOUNG_BYTES >> 20) + 8,
            (heap >> 20) + 1,
            WORKER_YOUNG_BYTES >> 20,
            LARGE_IS_OLD,
            common(),
            memoryBytes < LARGE_FROM_BYTES ? "" : LARGE);
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
