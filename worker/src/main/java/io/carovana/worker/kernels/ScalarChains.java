package io.carovana.worker.kernels;

/** Chains in ascending k, one output element at a time (rules 1 to 3). */
final class ScalarChains implements PanelProducts.Chains {
  @Override
  public void run(
      Panels weights,
      int panel,
      int columnFrom,
      int columnTo,
      Activations x,
      int rowFrom,
      int rows,
      float[] out,
      int outOffset,
      KernelScratch scratch) {
    int lanes = weights.lanes(panel);
    for (int i = 0; i < rows; i++) {
      for (int lane = 0; lane < lanes; lane++) {
        int weightRow = panel * Panels.LANES + lane;
        out[outOffset + i * Panels.LANES + lane] =
            weights instanceof IntegerPanels integers
                ? integerChain(integers, weightRow, columnFrom, columnTo, x, rowFrom + i)
                : floatChain(weights, weightRow, columnFrom, columnTo, x, rowFrom + i);
      }
    }
  }

  /** Rule 3. */
  private static float floatChain(
      Panels weights, int weightRow, int columnFrom, int columnTo, Activations x, int row) {
    float acc = 0f;
    for (int k = columnFrom; k < columnTo; k++) {
      acc = Math.fma(x.values()[row * x.columns() + k], weights.weight(weightRow, k), acc);
    }
    return acc;
  }

  /** Rule 2: group after group, each an exact dot product and, where there is one, its minimum. */
  private static float integerChain(
      IntegerPanels weights, int weightRow, int columnFrom, int columnTo, Activations x, int row) {
    int group = weights.format().group();
    boolean hasMinimum = weights.format().hasMinimum();
    float acc = 0f;
    for (int k = columnFrom; k < columnTo; k += group) {
      int dot = 0;
      for (int j = k; j < k + group; j++) {
        dot += weights.code(weightRow, j) * (int) x.codes()[row * x.columns() + j];
      }
      float inputScale = x.scales()[x.scaleIndex(row, k)];
      acc = Math.fma((float) dot, weights.scale(weightRow, k) * inputScale, acc);
      if (hasMinimum) {
        float sum = x.sum(row, k, k + group);
        acc = Math.fma(-sum, weights.minimum(weightRow, k) * inputScale, acc);
      }
    }
    return acc;
  }
}
