package io.carovana.benchmarks.kernels;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelProvider;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What is done to one row of 4096 values, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RowsBenchmark {
  /** {@code auto} or {@code scalar}. */
  @Param("auto")
  public String kernels = "auto";

  private Kernels chosen = KernelProvider.select("scalar");
  private final KernelScratch scratch = new KernelScratch(new AttentionShape(1, 1, 2));
  private final Activations x = new Activations(1, Workloads.COLUMNS, true);
  private final float[] other = new float[Workloads.COLUMNS];
  private final float[] out = new float[Workloads.COLUMNS];

  /** Fills the row. */
  @Setup
  public void prepare() {
    chosen = KernelProvider.select(kernels);
    Random random = new Random(1);
    Workloads.fill(random, x.values());
    Workloads.fill(random, other);
  }

  /** Rule 2. */
  @Benchmark
  public Activations quantize() {
    chosen.quantize(x, Activations.MIN_BLOCK, 0, 1);
    return x;
  }

  /** Rule 6. */
  @Benchmark
  public float[] rmsNorm() {
    chosen.rmsNorm(x.values(), 0, other, 1e-5f, out, 0, out.length, scratch);
    return out;
  }

  /** Feed-forward activation. */
  @Benchmark
  public float[] siluMultiply() {
    chosen.siluMultiply(x.values(), 0, other, 0, out, 0, out.length);
    return out;
  }
}
