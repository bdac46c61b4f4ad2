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

  /** Bytes of the vectors that machine code uses. */
  private static final int VNNI_BYTES = 64;

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
    if (vmOption("UseFMA", "true").equals("false")) {
      // HotSpot emulates fma on such processors, hundreds of times slower.
      throw new IllegalStateException(
          "this processor (or the flag -XX:-UseFMA) has no fused multiply-add; Carovana needs it");
    }
    Kernels chosen =
        switch (wanted) {
          case "scalar" -> new ScalarKernels();
          case "vector" -> require("vector", missingForVector(), VectorKernels::new);
          case "vnni" -> require("vnni", missingForVnni(), () -> Written.KERNELS);
          case "auto" -> best();
          default ->
              throw new IllegalArgumentException(
                  "kernels must be auto, vnni, vector or scalar, not " + wanted);
        };
    LOG.info("kernels: {} (wanted {})", chosen.name(), wanted);
    return chosen;
  }

  /**
   * Whether a JVM with this one's flags gets kernels in machine code, and so does not need the
   * vector module, which makes starting slower.
   */
  public static boolean machineCodeRunsHere() {
    return missingForVnni().isEmpty();
  }

  private static Kernels require(String wanted, String missing, Supplier<Kernels> kernels) {
    if (!missing.isEmpty()) {
      throw new IllegalStateException("no " + wanted + " kernels: " + missing);
    }
    return kernels.get();
  }

  private static Kernels best() {
    String noVnni = missingForVnni();
    if (noVnni.isEmpty()) {
      return Written.KERNELS;
    }
    LOG.info("no kernels in machine code: {}", noVnni);
    return vectorOrScalar();
  }

  private static Kernels vectorOrScalar() {
    String noVector = missingForVector();
    if (noVector.isEmpty()) {
      return new VectorKernels();
    }
    LOG.warn("falling back to scalar kernels, many times slower: {}", noVector);
    return new ScalarKernels();
  }

  private static String missingForVector() {
    if (!vectorModule()) {
      return "the JVM was started without --add-modules " + VECTOR_MODULE;
    }
    return VectorKernels.supported()
        ? ""
        : "this JVM's vectors are narrower than 128 or wider than 512 bits";
  }

  /** A JVM that was told to use narrower vectors is obeyed. */
  private static String missingForVnni() {
    if (Integer.parseInt(vmOption("MaxVectorSize", "0")) < VNNI_BYTES) {
      return "this JVM's vectors are narrower than " + VNNI_BYTES * Byte.SIZE + " bits";
    }
    return VnniKernels.missing();
  }

  private static boolean vectorModule() {
    return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
  }

  private static String vmOption(String name, String absent) {
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return hotSpot == null ? absent : hotSpot.getVMOption(name).getValue();
  }

  /** Machine code is written once, when it is first asked for. */
  private static final class Written {
    static final Kernels KERNELS =
        new VnniKernels(vectorModule() ? new VectorKernels() : new ScalarKernels());
  }
}
