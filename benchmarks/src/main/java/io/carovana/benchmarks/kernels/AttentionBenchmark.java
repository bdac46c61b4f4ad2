package io.carovana.benchmarks.kernels;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelProvider;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
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

/** Attention over 16,384 positions, 8 KV heads of 128, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AttentionBenchmark {
  /** Positions in the cache. */
  static final int POSITIONS = 16_384;

  /** KV heads. */
  static final int KV_HEADS = 8;

  /** Width of a head. */
  static final int HEAD_DIM = 128;

  /** Query heads per KV head: 1 as in the 7B model, 8 as in the 34B one. */
  @Param({"1", "8"})
  public int group = 1;

  /** Rows at the end of the sequence: 1 is decode. */
  @Param({"1", "64"})
  public int rows = 1;

  /** How the KV cache holds keys and values. */
  @Param({"F32", "BF16", "Q8"})
  public KvProfile kvProfile = KvProfile.F32;

  /** {@code auto} or {@code scalar}. */
  @Param("auto")
  public String kernels = "auto";

  private Kernels chosen = KernelProvider.select("scalar");
  private KvView kv = KvView.allocate(KvProfile.F32, new AttentionShape(1, 1, 2), 0);
  private KernelScratch scratch = new KernelScratch(kv.shape());
  private int[] table = new int[0];
  private float[] q = new float[0];
  private float[] out = new float[0];

  /** Fills a cache. */
  @Setup
  public void prepare() {
    chosen = KernelProvider.select(kernels);
    AttentionShape shape = new AttentionShape(KV_HEADS, group, HEAD_DIM);
    int pages = POSITIONS / Numerics.KV_PAGE_TOKENS;
    Random random = new Random(1);
    kv = KvView.allocate(kvProfile, shape, pages);
    table = new int[pages];
    float[] keys = new float[KV_HEADS * HEAD_DIM];
    float[] values = new float[KV_HEADS * HEAD_DIM];
    for (int position = 0; position < POSITIONS; position++) {
      int page = position / Numerics.KV_PAGE_TOKENS;
      table[page] = page;
      Workloads.fill(random, keys);
      Workloads.fill(random, values);
      kv.store(page, position % Numerics.KV_PAGE_TOKENS, keys, 0, values, 0);
    }
    scratch = new KernelScratch(shape);
    q = new float[rows * KV_HEADS * group * HEAD_DIM];
    Workloads.fill(random, q);
    out = new float[q.length];
  }

  /** All heads. */
  @Benchmark
  public float[] attention() {
    int width = KV_HEADS * group * HEAD_DIM;
    int first = POSITIONS - rows;
    for (int head = 0; head < KV_HEADS; head++) {
      chosen.attention(kv, table, 0, head, q, 0, width, rows, first, out, 0, width, scratch);
    }
    return out;
  }
}
