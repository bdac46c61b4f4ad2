package io.carovana.worker.kernels;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.carovana.worker.kernels.vector.VectorKernels;
import io.carovana.worker.kernels.x86.VnniKernels;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that chooses kernels: machine code, the JDK's vectors, or scalar code. */
public final class KernelProvider {
  private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);
  private static final String VECTOR_MODULE = "jdk.incubator.vector";
  private static final int VNNI_BITS = 512;

  private KernelProvider() {}

  /**
   * Chooses kernels for this JVM and says in the log what was chosen and why.
   *
   * @param wanted {@code auto} (the fastest of these), {@code vnni}, {@code vector} or {@code
   *     scalar}
   * @throws IllegalArgumentException for any other word
   * @throws IllegalStateException if the processor has no fused multiply-add (rule 9), or what is
   *     wanted cannot run here
   */
  public static Kernels select(String wanted) {
    requireFma();
    String noVector = missingForVector();
    String noVnni = noVector.isEmpty() ? missingForVnni() : noVector;
    Kernels chosen =
        switch (wanted) {
          case "scalar" -> new ScalarKernels();
          case "vector" -> require("vector", noVector, VectorKernels::new);
          case "vnni" -> require("vnni", noVnni, VnniKernels::get);
          case "auto" -> best(noVector, noVnni);
          default ->
              throw new IllegalArgumentException(
                  "kernels must be auto, vnni, vector or scalar, not " + wanted);
        };
    LOG.info("kernels: {} (wanted {})", chosen.name(), wanted);
    return chosen;
  }

  private static Kernels require(String wanted, String missing, Supplier<Kernels> kernels) {
    if (!missing.isEmpty()) {
      throw new IllegalStateException("no " + wanted + " kernels: " + missing);
    }
    return kernels.get();
  }

  private static Kernels best(String noVector, String noVnni) {
    if (noVnni.isEmpty()) {
      return VnniKernels.get();
    }
    if (noVector.isEmpty()) {
      LOG.info("no kernels in machine code: {}", noVnni);
      return new VectorKernels();
    }
    LOG.warn("falling back to scalar kernels, many times slower: {}", noVector);
    return new ScalarKernels();
  }

  private static String missingForVector() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      return "the JVM was started without --add-modules " + VECTOR_MODULE;
    }
    return VectorKernels.supported()
        ? ""
        : "this JVM's vectors are narrower than 128 or wider than 512 bits";
  }

  /** A JVM that was told to use narrower vectors is obeyed. */
  private static String missingForVnni() {
    if (VectorKernels.bits() < VNNI_BITS) {
      return "this JVM's vectors are narrower than " + VNNI_BITS + " bits";
    }
    return VnniKernels.missing();
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
