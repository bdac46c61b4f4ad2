package io.carovana.worker.kernels.vector;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPages;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.PanelProducts;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.QuantizedPages;
import io.carovana.worker.kernels.ScalarKernels;

/** {@link ScalarKernels}'s bits at this JVM's vector width. */
public final class VectorKernels implements Kernels {
  /** Narrowest and widest shapes that the kernels are written for. */
  private static final int MIN_BITS = 128;

  private static final int MAX_BITS = 512;

  private final PanelProducts products = new PanelProducts(new VectorChains());
  private final VectorQuantizedAttention quantizedAttention =
      new VectorQuantizedAttention(new VectorBlockProducts());
  private final ScalarKernels scalar = new ScalarKernels();

  /** Whether this JVM's preferred vectors are between 128 and 512 bits wide. */
  public static boolean supported() {
    return MIN_BITS <= bits() && bits() <= MAX_BITS;
  }

  private static int bits() {
    return Lanes.SHAPE.vectorBitSize();
  }

  @Override
  public String name() {
    return "vector-" + bits();
  }

  @Override
  public Activations activations(int maxRows, int columns, boolean quantizable) {
    return Activations.forVectors(maxRows, columns, quantizable);
  }

  @Override
  public void quantize(
      Activations x, int block, int rowFrom, int rowTo, int columnFrom, int columnTo) {
    x.setBlock(block);
    for (int row = rowFrom; row < rowTo; row++) {
      Rows.quantize(x, block, row, columnFrom, columnTo);
      PackedRow.fill(x, row, columnFrom, columnTo);
    }
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
    Rows.rmsNorm(x, xOffset, weight, eps, out, outOffset, n, scratch.strided());
  }

  /** The scalar loop: C2 vectorizes it, and it is a thousandth of a step. */
  @Override
  public void rotate(
      float[] x, int offset, int heads, int headDim, float[] cos, float[] sin, int tableOffset) {
    scalar.rotate(x, offset, heads, headDim, cos, sin, tableOffset);
  }

  @Override
  public void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    Exponentials.siluMultiply(gate, gateOffset, up, upOffset, out, outOffset, n);
  }

  /** The scalar loop, which C2 vectorizes. */
  @Override
  public void add(float[] sum, int sumOffset, float[] addend, int addendOffset, int n) {
    scalar.add(sum, sumOffset, addend, addendOffset, n);
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    Exponentials.exp(x, offset, n);
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
    for (int row = 0; row < rows; row += KernelScratch.QUERY_ROWS) {
      int count = Math.min(KernelScratch.QUERY_ROWS, rows - row);
      int position = firstPosition + row;
      int qAt = qOffset + row * qStride;
      int outAt = outOffset + row * outStride;
      switch (kv) {
        case FloatPages pages ->
            VectorAttention.run(
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
                scratch);
        case QuantizedPages pages ->
            quantizedAttention.run(
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
                scratch);
      }
    }
  }
}
