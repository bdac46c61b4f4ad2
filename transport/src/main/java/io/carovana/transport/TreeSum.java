package io.carovana.transport;

/**
 * Finishes a sum from the partial sums of all ranks by a {@link TreeProgram}, elementwise in f32,
 * block by block so that intermediate values stay in cache. The one implementation behind every
 * kind of links, so that the bits of a sum depend on the program alone. Holds scratch space: one
 * per thread.
 */
public final class TreeSum {
  /** Elements per block. */
  private static final int BLOCK = 1024;

  private float[][] scratch = new float[0][];
  private float[][] stack = new float[0][];
  private int[] stackOffsets = new int[0];
  private float[][] operands = new float[0][];
  private int[] operandOffsets = new int[0];

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
    if (operands.length < program.nodes()) {
      operands = new float[program.nodes()][];
      operandOffsets = new int[program.nodes()];
    }
    int k = 0;
    for (int rank = 0; rank < nodes.length; rank++) {
      for (int node = 0; node < program.nodesPerRank()[rank]; node++) {
        operands[k] = nodes[rank];
        operandOffsets[k++] = node * elements + from;
      }
    }
    finish(program, operands, operandOffsets, out, from, to - from);
  }

  /**
   * Computes {@code count} elements from partial sums wherever they lie.
   *
   * @param program how to finish the sum
   * @param operands array that holds partial sum k, at least {@code [program.nodes()]}
   * @param offsets where in that array its elements begin
   * @param out takes the sum at {@code [outOffset, outOffset + count)}; may be an operand's place
   */
  public void finish(
      TreeProgram program,
      float[][] operands,
      int[] offsets,
      float[] out,
      int outOffset,
      int count) {
    reserve(program.nodes());
    for (int start = 0; start < count; start += BLOCK) {
      int length = Math.min(BLOCK, count - start);
      block(program.postfix(), operands, offsets, start, length);
      System.arraycopy(stack[0], stackOffsets[0], out, outOffset + start, length);
    }
  }

  private void block(int[] postfix, float[][] operands, int[] offsets, int start, int length) {
    int depth = 0;
    for (int word : postfix) {
      if (word == TreeProgram.ADD) {
        depth--;
        add(depth - 1, depth, length);
      } else {
        stack[depth] = operands[word];
        stackOffsets[depth++] = offsets[word] + start;
      }
    }
  }

  /** The left slot's scratch row takes left + right; a left operand may already be that row. */
  private void add(int left, int right, int length) {
    float[] a = stack[left];
    float[] b = stack[right];
    int ao = stackOffsets[left];
    int bo = stackOffsets[right];
    float[] sum = scratch[left];
    for (int i = 0; i < length; i++) {
      sum[i] = a[ao + i] + b[bo + i];
    }
    stack[left] = sum;
    stackOffsets[left] = 0;
  }

  private void reserve(int depth) {
    if (stack.length < depth) {
      scratch = new float[depth][BLOCK];
      stack = new float[depth][];
      stackOffsets = new int[depth];
    }
  }
}
