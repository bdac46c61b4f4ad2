package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import org.jspecify.annotations.Nullable;

/** One thread's working memory, allocated once (about half a megabyte). */
public final class KernelScratch {
  /** Rows of activations that share one pass over a panel. */
  public static final int TILE_ROWS = 48;

  /** Floats of one chain result: {@code [tile rows][32 lanes]}. */
  public static final int TILE_FLOATS = TILE_ROWS * Panels.LANES;

  /** Columns of a panel that are unpacked at a time. */
  public static final int UNPACK_COLUMNS = 256;

  /** Rows of activations whose dot products are taken together. */
  public static final int DOT_ROWS = 4;

  /** Query rows that share one pass over keys and values. */
  public static final int QUERY_ROWS = 16;

  private final float[] chains = new float[LeafProgram.MAX_DEPTH * TILE_FLOATS];
  private final float[] weights = new float[UNPACK_COLUMNS * Panels.LANES];
  private final float[] groupScales =
      new float[UNPACK_COLUMNS / Activations.SUM_COLUMNS * Panels.LANES];
  private final float[] groupMinima =
      new float[UNPACK_COLUMNS / Activations.SUM_COLUMNS * Panels.LANES];
  private final short[] codes = new short[UNPACK_COLUMNS * Panels.LANES];
  private final float[] dots =
      new float[DOT_ROWS * UNPACK_COLUMNS / Activations.SUM_COLUMNS * Panels.LANES];
  private final float[] strided = new float[ScalarKernels.STRIDED];
  private final float[] scores;
  private final float[] maxima;
  private final float[] sums;
  private final float[] blockMaxima;
  private final float[] blockSums;
  private final float[] blockOut;
  private final float[] runningOut;
  private final AttentionShape shape;
  private float @Nullable [] widePage;
  private @Nullable QuantizedTile quantized;
  private @Nullable VnniTile vnni;

  /** Scratch for a rank with the given heads. */
  public KernelScratch(AttentionShape shape) {
    this.shape = shape;
    int queries = QUERY_ROWS * shape.group();
    scores = new float[queries * Numerics.ATTENTION_BLOCK];
    maxima = new float[queries];
    sums = new float[queries];
    blockMaxima = new float[queries];
    blockSums = new float[queries];
    blockOut = new float[queries * shape.headDim()];
    runningOut = new float[queries * shape.headDim()];
  }

  /** A stack of chain results, {@code [MAX_DEPTH][TILE_ROWS][32]}. */
  public float[] chains() {
    return chains;
  }

  /** Unpacked weights, {@code [UNPACK_COLUMNS][32]}. */
  public float[] weights() {
    return weights;
  }

  /** Scales of the unpacked weights' groups, {@code [group][32]}. */
  public float[] groupScales() {
    return groupScales;
  }

  /** Minima of the unpacked weights' groups, {@code [group][32]}. */
  public float[] groupMinima() {
    return groupMinima;
  }

  /** Unpacked codes, {@code [UNPACK_COLUMNS / 2][32 rows][2]}. */
  public short[] codes() {
    return codes;
  }

  /** Exact dot products, {@code [DOT_ROWS][part of the unpacked columns][32]}. */
  public float[] dots() {
    return dots;
  }

  /** The 64 accumulators of a softmax sum. */
  public float[] strided() {
    return strided;
  }

  /** Attention scores, then probabilities, {@code [query][ATTENTION_BLOCK]}. */
  public float[] scores() {
    return scores;
  }

  /** Running maximum per query. */
  public float[] maxima() {
    return maxima;
  }

  /** Running sum per query. */
  public float[] sums() {
    return sums;
  }

  /** One block's maximum per query. */
  public float[] blockMaxima() {
    return blockMaxima;
  }

  /** One block's sum per query. */
  public float[] blockSums() {
    return blockSums;
  }

  /** One block's weighted values, {@code [query][headDim]}. */
  public float[] blockOut() {
    return blockOut;
  }

  /** A page widened to f32, {@code [32 * headDim]}; made when it is first asked for. */
  public float[] widePage() {
    float[] page = widePage;
    if (page == null) {
      page = new float[Numerics.KV_PAGE_TOKENS * shape.headDim()];
      widePage = page;
    }
    return page;
  }

  /** What attention in q8 needs besides; made when it is first asked for. */
  public QuantizedTile quantized() {
    QuantizedTile tile = quantized;
    if (tile == null) {
      tile = new QuantizedTile(shape, QUERY_ROWS * shape.group());
      quantized = tile;
    }
    return tile;
  }

  /** The same for machine code. */
  public VnniTile vnni() {
    VnniTile tile = vnni;
    if (tile == null) {
      tile = new VnniTile(shape, QUERY_ROWS * shape.group());
      vnni = tile;
    }
    return tile;
  }

  /** Running weighted values, {@code [query][headDim]}. */
  public float[] runningOut() {
    return runningOut;
  }
}
