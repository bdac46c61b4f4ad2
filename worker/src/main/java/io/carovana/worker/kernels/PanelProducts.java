package io.carovana.worker.kernels;

/**
 * What all implementations share: tiles of rows, leaves and the tree over them. The chains
 * themselves are the implementation's.
 */
public final class PanelProducts {
  /** Computes chains from zero over some columns of one panel for a tile of rows. */
  public interface Chains {
    /**
     * Fills {@code out[outOffset + i * 32 + lane]} for {@code i < rows}.
     *
     * @param columnFrom first column, at a block
     * @param columnTo end of the columns, at a block
     * @param rows at most {@link KernelScratch#TILE_ROWS}
     */
    void run(
        Panels weights,
        int panel,
        int columnFrom,
        int columnTo,
        Activations x,
        int rowFrom,
        int rows,
        float[] out,
        int outOffset,
        KernelScratch scratch);
  }

  private final Chains chains;

  /** Products from the given chains. */
  public PanelProducts(Chains chains) {
    this.chains = chains;
  }

  /** {@link Kernels#multiply}. */
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
    requireFit(weights, weights.columns(), x);
    float[] tile = scratch.chains();
    for (int panel = panelFrom; panel < panelTo; panel++) {
      for (int row = rowFrom; row < rowTo; row += KernelScratch.TILE_ROWS) {
        int rows = Math.min(KernelScratch.TILE_ROWS, rowTo - row);
        chains.run(weights, panel, 0, weights.columns(), x, row, rows, tile, 0, scratch);
        copyOut(weights, panel, tile, rows, out, offset + row * stride, stride);
      }
    }
  }

  /** {@link Kernels#multiplyTree}. */
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
    requireFit(weights, leaves.columns(), x);
    leaves.requireBlocks(weights.format());
    for (int panel = panelFrom; panel < panelTo; panel++) {
      for (int row = rowFrom; row < rowTo; row += KernelScratch.TILE_ROWS) {
        int rows = Math.min(KernelScratch.TILE_ROWS, rowTo - row);
        sumLeaves(weights, panel, leaves, x, row, rows, out, nodeRows, scratch);
      }
    }
  }

  private void sumLeaves(
      Panels weights,
      int panel,
      LeafProgram leaves,
      Activations x,
      int row,
      int rows,
      float[] out,
      int nodeRows,
      KernelScratch scratch) {
    float[] stack = scratch.chains();
    int depth = 0;
    int node = 0;
    for (int i = 0; i < leaves.length(); i++) {
      int op = leaves.op(i);
      if (op == LeafProgram.ADD) {
        depth--;
        int left = (depth - 1) * KernelScratch.TILE_FLOATS;
        int right = depth * KernelScratch.TILE_FLOATS;
        for (int j = 0; j < rows * Panels.LANES; j++) {
          stack[left + j] += stack[right + j];
        }
      } else if (op == LeafProgram.EMIT) {
        depth--;
        int stride = weights.rows();
        copyOut(weights, panel, stack, rows, out, (node * nodeRows + row) * stride, stride);
        node++;
      } else {
        int top = depth * KernelScratch.TILE_FLOATS;
        chains.run(
            weights,
            panel,
            leaves.start(op),
            leaves.start(op + 1),
            x,
            row,
            rows,
            stack,
            top,
            scratch);
        depth++;
      }
    }
  }

  /** Copies a finished tile from the bottom of the stack; whatever is emitted lies there. */
  private static void copyOut(
      Panels weights, int panel, float[] tile, int rows, float[] out, int offset, int stride) {
    int lanes = weights.lanes(panel);
    for (int row = 0; row < rows; row++) {
      int at = offset + row * stride + panel * Panels.LANES;
      System.arraycopy(tile, row * Panels.LANES, out, at, lanes);
    }
  }

  private static void requireFit(Panels weights, int columns, Activations x) {
    if (weights.columns() != columns || x.columns() != columns) {
      throw new IllegalArgumentException(
          "a matrix of "
              + weights.columns()
              + " columns, an input of "
              + x.columns()
              + " and leaves of "
              + columns);
    }
    if (weights.format().quantized() && x.block() != weights.format().block()) {
      throw new IllegalArgumentException(
          weights.format() + " needs its input in other blocks than " + x.block());
    }
  }
}
