package io.carovana.benchmarks.kernels;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelProvider;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Prefill: 96 rows times a 512 x 4096 matrix, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PrefillBenchmark {
  /** Activation rows. */
  static final int TOKENS = 96;

  /** Weight rows. */
  static final int ROWS = 512;

  /** Weights. */
  @Param({"Q4_G32", "Q4_G128", "Q8_G32", "Q4_K", "Q5_K", "Q6_K", "BF16", "F32"})
  public PanelFormat format = PanelFormat.F32;

  /** {@code auto} or {@code scalar}. */
  @Param("auto")
  public String kernels = "auto";

  private Kernels chosen = KernelProvider.select("scalar");
  private final KernelScratch scratch = new KernelScratch(new AttentionShape(1, 1, 2));
  private final float[] out = new float[ROWS * TOKENS];
  private Panels weights = Workloads.panels(PanelFormat.F32, 1, 1);
  private Activations x = new Activations(1, 32, false);

  /** Fills memory. */
  @Setup
  public void prepare() {
    chosen = KernelProvider.select(kernels);
    weights = Workloads.panels(format, ROWS, Workloads.COLUMNS);
    x = Workloads.activations(chosen, format, TOKENS);
  }

  /** One product. */
  @Benchmark
  public float[] gemm() {
    chosen.multiply(weights, 0, weights.count(), x, 0, TOKENS, out, 0, ROWS, scratch);
    return out;
  }
}
