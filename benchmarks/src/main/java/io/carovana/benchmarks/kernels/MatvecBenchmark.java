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

/** Decode: one row times a 4096 x 4096 matrix that comes from memory, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class MatvecBenchmark {
  /** Weights. */
  @Param({"Q4_G32", "Q4_G128", "Q8_G32", "Q8_G128", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16", "F32"})
  public PanelFormat format = PanelFormat.F32;

  /** {@code auto} or {@code scalar}. */
  @Param("auto")
  public String kernels = "auto";

  private Kernels chosen = KernelProvider.select("scalar");
  private final KernelScratch scratch = new KernelScratch(new AttentionShape(1, 1, 2));
  private final float[] out = new float[Workloads.ROWS];
  private Panels[] matrices = new Panels[0];
  private Activations x = new Activations(1, 32, false);
  private int next;

  /** Fills memory. */
  @Setup
  public void prepare() {
    chosen = KernelProvider.select(kernels);
    matrices = Workloads.beyondCaches(format);
    x = Workloads.activations(chosen, format, 1);
  }

  /** One product. */
  @Benchmark
  public float[] matvec() {
    Panels weights = matrices[next];
    next = (next + 1) % matrices.length;
    chosen.multiply(weights, 0, weights.count(), x, 0, 1, out, 0, out.length, scratch);
    return out;
  }
}
