package io.carovana.transport;

/**
 * Finishes a sum from the partial sums of all ranks by a {@link TreeProgram}, block by block so
 * that intermediate values stay in cache. Holds scratch space: one per thread.
 */
public final class TreeSum {
  /** Elements per block. */
  private static final int BLOCK = 1024;

  private float[] scratch = new float[0];
  private float[][] arrays = new float[0][];
  private int[] offsets = new int[0];

  /**
   * Computes elements {@code [from, to)} of the sum.
   *
   * @param program how to finish the sum
   * @param nodes every rank's partial sums, {@code [rank][nodesPerRank[rank]][elements]}, the last
   *     two dimensions in one array
   * @param elements elements of one partial sum
   * @param out the sum, {@code [elements]}
   */
  public void finish(
      TreeProgram program, float[][] nodes, int elements, int from, int to, float[] out) {
    reserve(program.nodes());
    for (int start = from; start < to; start += BLOCK) {
      block(program, nodes, elements, start, Math.min(BLOCK, to - start), out);
    }
  }

  private void block(
      TreeProgram program, float[][] nodes, int elements, int start, int count, float[] out) {
    int depth = 0;
    int rank = 0;
    int node = 0;
    for (int op : program.postfix()) {
      if (op == TreeProgram.ADD) {
        depth--;
        int slot = (depth - 1) * BLOCK;
        add(depth - 1, slot, count);
        arrays[depth - 1] = scratch;
        offsets[depth - 1] = slot;
      } else {
        while (node == program.nodesPerRank()[rank]) {
          rank++;
          node = 0;
        }
        arrays[depth] = nodes[rank];
        offsets[depth++] = node++ * elements + start;
      }
    }
    System.arraycopy(arrays[0], offsets[0], out, start, count);
  }

  /** scratch[slot + i] = left[i] + right[i]; a left operand in scratch sits in the same slot. */
  private void add(int left, int slot, int count) {
    float[] a = arrays[left];
    float[] b = arrays[left + 1];
    int ao = offsets[left];
    int bo = offsets[left + 1];
    float[] sum = scratch;
    for (int i = 0; i < count; i++) {
      sum[slot + i] = a[ao + i] + b[bo + i];
    }
  }

  private void reserve(int operands) {
    if (arrays.length < operands) {
      scratch = new float[operands * BLOCK];
      arrays = new float[operands][];
      offsets = new int[operands];
    }
  }
}
