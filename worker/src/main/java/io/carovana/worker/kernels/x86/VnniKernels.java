package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.Bf16Pages;
import io.carovana.worker.kernels.F32Pages;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.PanelProducts;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.QuantizedPages;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Products, quantization, attention, RMSNorm and SiLU in machine code. */
public final class VnniKernels implements Kernels {
  /** Heads of attention are whole vectors of f32. */
  private static final int HEAD_WIDTH = 16;

  private final Kernels rest;
  private final PanelProducts products = new PanelProducts(new VnniChains());
  private final VnniQuantizer quantizer = new VnniQuantizer();
  private final Lazy<FloatAttention> f32Attention =
      new Lazy<>(() -> new FloatAttention(Float.BYTES));
  private final Lazy<FloatAttention> bf16Attention =
      new Lazy<>(() -> new FloatAttention(Short.BYTES));
  private final Lazy<ByteAttention> byteAttention = new Lazy<>(ByteAttention::new);
  private final VnniRows vnniRows = new VnniRows();

  /**
   * Writes the code.
   *
   * @param rest kernels for what is not worth code of its own, and for heads and rows of awkward
   *     widths, which no Code Llama has
   */
  public VnniKernels(Kernels rest) {
    this.rest = rest;
  }

  /** Why these kernels cannot run here; empty if they can. */
  public static String missing() {
    return Asked.MISSING;
  }

  @Override
  public String name() {
    return "avx512-vnni";
  }

  @Override
  public Activations activations(int maxRows, int columns, boolean quantizable) {
    return Activations.forBytes(maxRows, columns, quantizable);
  }

  @Override
  public void quantize(
      Activations x, int block, int rowFrom, int rowTo, int columnFrom, int columnTo) {
    quantizer.quantize(x, block, rowFrom, rowTo, columnFrom, columnTo);
  }

  @Override
  public void multiply(
      Panels weights,
      int panelFrom,
      int panelTo,
      Activations x,
      int rowFrom,
      int rowTo,
      float[] out,
      int offset,
      int stride,
      KernelScratch scratch) {
    products.multiply(weights, panelFrom, panelTo, x, rowFrom, rowTo, out, offset, stride, scratch);
  }

  @Override
  public void multiplyTree(
      Panels weights,
      int panelFrom,
      int panelTo,
      LeafProgram leaves,
      Activations x,
      int rowFrom,
      int rowTo,
      float[] out,
      int nodeRows,
      KernelScratch scratch) {
    products.multiplyTree(
        weights, panelFrom, panelTo, leaves, x, rowFrom, rowTo, out, nodeRows, scratch);
  }

  @Override
  public void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float eps,
      float[] out,
      int outOffset,
      int n,
      KernelScratch scratch) {
    if (VnniRows.takes(n)) {
      vnniRows.rmsNorm(x, xOffset, weight, eps, out, outOffset, n);
    } else {
      rest.rmsNorm(x, xOffset, weight, eps, out, outOffset, n, scratch);
    }
  }

  @Override
  public void rotate(
      float[] x, int offset, int heads, int headDim, float[] cos, float[] sin, int tableOffset) {
    rest.rotate(x, offset, heads, headDim, cos, sin, tableOffset);
  }

  @Override
  public void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    vnniRows.siluMultiply(gate, gateOffset, up, upOffset, out, outOffset, n);
  }

  @Override
  public void add(float[] sum, int sumOffset, float[] addend, int addendOffset, int n) {
    rest.add(sum, sumOffset, addend, addendOffset, n);
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    rest.exp(x, offset, n);
  }

  @Override
  public void attention(
      KvView kv,
      int[] pageTable,
      int tableOffset,
      int kvHead,
      float[] q,
      int qOffset,
      int qStride,
      int rows,
      int firstPosition,
      float[] out,
      int outOffset,
      int outStride,
      KernelScratch scratch) {
    if (kv.shape().headDim() % HEAD_WIDTH != 0) {
      rest.attention(
          kv,
          pageTable,
          tableOffset,
          kvHead,
          q,
          qOffset,
          qStride,
          rows,
          firstPosition,
          out,
          outOffset,
          outStride,
          scratch);
      return;
    }
    for (int row = 0; row < rows; row += KernelScratch.QUERY_ROWS) {
      int count = Math.min(KernelScratch.QUERY_ROWS, rows - row);
      int position = firstPosition + row;
      int qAt = qOffset + row * qStride;
      int outAt = outOffset + row * outStride;
      switch (kv) {
        case FloatPages pages ->
            attention(pages)
                .run(
                    pages,
                    pageTable,
                    tableOffset,
                    kvHead,
                    q,
                    qAt,
                    qStride,
                    count,
                    position,
                    out,
                    outAt,
                    outStride,
                    scratch.vnni());
        case QuantizedPages pages ->
            byteAttention
                .get()
                .run(
                    pages,
                    pageTable,
                    tableOffset,
                    kvHead,
                    q,
                    qAt,
                    qStride,
                    count,
                    position,
                    out,
                    outAt,
                    outStride,
                    scratch.vnni());
      }
    }
  }

  private FloatAttention attention(FloatPages pages) {
    return switch (pages) {
      case F32Pages f32 -> f32Attention.get();
      case Bf16Pages bf16 -> bf16Attention.get();
    };
  }

  /** Code that is written when it is first asked for: a shard has one kind of KV cache. */
  private static final class Lazy<T> {
    private final Supplier<T> supplier;
    private volatile @Nullable T value;

    Lazy(Supplier<T> supplier) {
      this.supplier = supplier;
    }

    T get() {
      T known = value;
      return known != null ? known : make();
    }

    private synchronized T make() {
      T made = value;
      if (made == null) {
        made = supplier.get();
        value = made;
      }
      return made;
    }
  }

  private static final class Asked {
    static final String MISSING = Processor.missing();
  }
}
