package io.carovana.worker.kernels;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.carovana.worker.kernels.vector.VectorKernels;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that chooses kernels. */
public final class KernelProvider {
  private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  private KernelProvider() {}

  /**
   * Chooses kernels for this JVM and says in the log what was chosen and why.
   *
   * @param wanted {@code auto}, {@code scalar} or {@code vector}
   * @throws IllegalArgumentException for any other word
   * @throws IllegalStateException if the processor has no fused multiply-add (rule 9), or {@code
   *     vector} is wanted of a JVM without the vector module
   */
  public static Kernels select(String wanted) {
    requireFma();
    boolean vectorModule = ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
    Kernels chosen =
        switch (wanted) {
          case "scalar" -> new ScalarKernels();
          case "vector", "auto" -> vectorOrScalar(wanted, vectorModule);
          default ->
              throw new IllegalArgumentException(
                  "kernels must be auto, scalar or vector, not " + wanted);
        };
    LOG.info("kernels: {} (wanted {})", chosen.name(), wanted);
    return chosen;
  }

  private static Kernels vectorOrScalar(String wanted, boolean vectorModule) {
    if (vectorModule && VectorKernels.supported()) {
      return new VectorKernels();
    }
    String reason =
        vectorModule
            ? "this JVM's vectors are narrower than 128 or wider than 512 bits"
            : "the JVM was started without --add-modules " + VECTOR_MODULE;
    if (wanted.equals("vector")) {
      throw new IllegalStateException("no vector kernels: " + reason);
    }
    LOG.warn("falling back to scalar kernels, many times slower: {}", reason);
    return new ScalarKernels();
  }

  /** HotSpot emulates fma on processors without it, hundreds of times slower. */
  private static void requireFma() {
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (hotSpot != null && hotSpot.getVMOption("UseFMA").getValue().equals("false")) {
      throw new IllegalStateException(
          "this processor (or the flag -XX:-UseFMA) has no fused multiply-add; Carovana needs it");
    }
  }
}
