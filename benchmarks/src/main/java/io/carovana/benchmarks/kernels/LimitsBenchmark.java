package io.carovana.benchmarks.kernels;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What one thread of this machine can do at most: read memory, and multiply and add f32. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LimitsBenchmark {
  /** Bytes that {@link #read} reads. */
  static final int READ_BYTES = 256 << 20;

  /** Multiply-adds per lane and accumulator of {@link #multiplyAdd}. */
  static final int ROUNDS = 100_000;

  /** Independent accumulators: enough for any latency. */
  static final int CHAINS = 8;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int F = FLOATS.length();

  private final float[] memory = filled(READ_BYTES / Float.BYTES);
  private final float[] sums = new float[CHAINS * F];

  private static float[] filled(int length) {
    float[] values = new float[length];
    Workloads.fill(new Random(1), values);
    return values;
  }

  /** f32 operations of one {@link #multiplyAdd}. */
  static long operations() {
    return 2L * ROUNDS * CHAINS * F;
  }

  /** Reads memory once. */
  @Benchmark
  public float[] read() {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < memory.length; i += 4 * F) {
      a = a.add(FloatVector.fromArray(FLOATS, memory, i));
      b = b.add(FloatVector.fromArray(FLOATS, memory, i + F));
      c = c.add(FloatVector.fromArray(FLOATS, memory, i + 2 * F));
      d = d.add(FloatVector.fromArray(FLOATS, memory, i + 3 * F));
    }
    a.add(b).add(c.add(d)).intoArray(sums, 0);
    return sums;
  }

  /** Multiplies and adds in registers. */
  @Benchmark
  public float[] multiplyAdd() {
    FloatVector x = FloatVector.fromArray(FLOATS, memory, 0);
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector e = a;
    FloatVector f = a;
    FloatVector g = a;
    FloatVector h = a;
    for (int i = 0; i < ROUNDS; i++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
    }
    a.intoArray(sums, 0);
    b.intoArray(sums, F);
    c.intoArray(sums, 2 * F);
    d.intoArray(sums, 3 * F);
    e.intoArray(sums, 4 * F);
    f.intoArray(sums, 5 * F);
    g.intoArray(sums, 6 * F);
    h.intoArray(sums, 7 * F);
    return sums;
  }
}
