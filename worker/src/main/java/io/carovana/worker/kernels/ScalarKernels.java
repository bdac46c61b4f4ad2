package io.carovana.worker.kernels;

import java.util.Arrays;

/** The specification (docs/numerics.md, rule 9): plain loops in the contract's order. */
public final class ScalarKernels implements Kernels {
  /** Accumulators of norm and softmax sums (rule 6). */
  public static final int STRIDED = 64;

  private final PanelProducts products = new PanelProducts(new ScalarChains());
  private final ScalarAttention attention = new ScalarAttention();

  @Override
  public String name() {
    return "scalar";
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
      for (int column = columnFrom; column < columnTo; column += block) {
        quantizeBlock(x, block, row, column);
      }
    }
  }

  /** Rule 2. */
  private static void quantizeBlock(Activations x, int block, int row, int column) {
    int first = row * x.columns() + column;
    float largest = Int8.largest(x.values(), first, block, "quantize");
    float factor = Int8.factor(largest);
    x.scales()[x.scaleIndex(row, column)] = Int8.scale(largest);
    for (int i = 0; i < block; i += Activations.SUM_COLUMNS) {
      int sum = 0;
      for (int j = first + i; j < first + i + Activations.SUM_COLUMNS; j++) {
        int code = Int8.code(x.values()[j], factor);
        x.codes()[j] = code;
        sum += code;
      }
      x.sums()[x.sumIndex(row, column + i)] = sum;
    }
    for (int j = first; j < first + block; j += 2) {
      x.pairs()[x.pairIndex(0, j)] =
          ((int) x.codes()[j] & 0xffff) | (int) x.codes()[j + 1] << Short.SIZE;
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
    float[] sums = scratch.strided();
    Arrays.fill(sums, 0f);
    for (int i = 0; i < n; i++) {
      sums[i % STRIDED] = Math.fma(x[xOffset + i], x[xOffset + i], sums[i % STRIDED]);
    }
    float total = strideTree(sums, 0);
    if (!Float.isFinite(total)) {
      throw new NonFiniteException("rmsNorm");
    }
    float scale = 1f / (float) Math.sqrt(total / n + eps);
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  /**
   * Adds the 64 accumulators from {@code at} by halves (rule 6): 32 + 32, then 16 + 16, ...; they
   * are overwritten.
   */
  public static float strideTree(float[] sums, int at) {
    for (int half = STRIDED / 2; half > 0; half /= 2) {
      for (int i = at; i < at + half; i++) {
        sums[i] += sums[i + half];
      }
    }
    return sums[at];
  }

  @Override
  public void rotate(
      float[] x, int offset, int heads, int headDim, float[] cos, float[] sin, int tableOffset) {
    int half = headDim / 2;
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < half; i++) {
        int low = offset + head * headDim + i;
        float a = x[low];
        float b = x[low + half];
        x[low] = Math.fma(a, cos[tableOffset + i], -(b * sin[tableOffset + i]));
        x[low + half] = Math.fma(b, cos[tableOffset + i], a * sin[tableOffset + i]);
      }
    }
  }

  @Override
  public void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    for (int i = 0; i < n; i++) {
      float value = ExpPolynomial.silu(gate[gateOffset + i]) * up[upOffset + i];
      if (!Float.isFinite(value)) {
        throw new NonFiniteException("silu");
      }
      out[outOffset + i] = value;
    }
  }

  @Override
  public void add(float[] sum, int sumOffset, float[] addend, int addendOffset, int n) {
    for (int i = 0; i < n; i++) {
      sum[sumOffset + i] += addend[addendOffset + i];
    }
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ExpPolynomial.exp(x[i]);
    }
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
    int group = kv.shape().group();
    int headDim = kv.shape().headDim();
    for (int row = 0; row < rows; row++) {
      for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
        attention.run(
            kv,
            pageTable,
            tableOffset,
            kvHead,
            q,
            qOffset + row * qStride + head * headDim,
            firstPosition + row,
            out,
            outOffset + row * outStride + head * headDim,
            scratch);
      }
    }
  }
}
