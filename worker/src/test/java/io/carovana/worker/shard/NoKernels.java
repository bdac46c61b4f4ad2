package io.carovana.worker.shard;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.Panels;

/** Kernels that compute nothing: what is left is the step's own work. */
final class NoKernels implements Kernels {
  @Override
  public String name() {
    return "none";
  }

  @Override
  public Activations activations(int maxRows, int columns, boolean quantizable) {
    return new Activations(maxRows, columns, quantizable);
  }

  @Override
  public void quantize(
      Activations x, int block, int rowFrom, int rowTo, int columnFrom, int columnTo) {}

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
      KernelScratch scratch) {}

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
      KernelScratch scratch) {}

  @Override
  public void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float eps,
      float[] out,
      int outOffset,
      int n,
      KernelScratch scratch) {}

  @Override
  public void rotate(
      float[] x, int offset, int heads, int headDim, float[] cos, float[] sin, int tableOffset) {}

  @Override
  public void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {}

  @Override
  public void add(float[] sum, int sumOffset, float[] addend, int addendOffset, int n) {}

  @Override
  public void exp(float[] x, int offset, int n) {}

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
      KernelScratch scratch) {}
}
