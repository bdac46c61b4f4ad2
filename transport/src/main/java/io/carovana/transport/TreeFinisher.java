package io.carovana.transport;

/**
 * Runs a {@link TreeProgram} over the partial sums of all ranks, elementwise in f32. The one
 * implementation behind every kind of links, so that the bits of a sum depend on the program alone.
 * Not thread-safe: it keeps its workspace.
 */
public final class TreeFinisher {
  /** Elements that go through the whole program at a time; a few such rows stay in the L1 cache. */
  private static final int BLOCK = 1024;

  private float[][] workspace = new float[0][];
  private float[][] stack = new float[0][];
  private int[] stackOffset = new int[0];

  /**
   * Finishes a sum.
   *
   * @param program the tree
   * @param operands array that holds partial sum k, {@code [program.nodes()]} at least
   * @param offsets where in that array it begins
   * @param out takes the sum at {@code [outOffset, outOffset + count)}; may be an operand's place
   */
  public void finish(
      TreeProgram program,
      float[][] operands,
      int[] offsets,
      float[] out,
      int outOffset,
      int count) {
    reserve(program.postfix().length);
    for (int start = 0; start < count; start += BLOCK) {
      int length = Math.min(BLOCK, count - start);
      finishBlock(program.postfix(), operands, offsets, start, length);
      System.arraycopy(stack[0], stackOffset[0], out, outOffset + start, length);
    }
  }

  private void finishBlock(
      int[] postfix, float[][] operands, int[] offsets, int start, int length) {
    int depth = 0;
    for (int word : postfix) {
      if (word == TreeProgram.ADD) {
        depth--;
        int left = depth - 1;
        add(
            stack[left], stackOffset[left], stack[depth], stackOffset[depth], workspace[left],
            length);
        stack[left] = workspace[left];
        stackOffset[left] = 0;
      } else {
        stack[depth] = operands[word];
        stackOffset[depth] = offsets[word] + start;
        depth++;
      }
    }
  }

  private static void add(
      float[] left, int leftOffset, float[] right, int rightOffset, float[] sum, int length) {
    for (int i = 0; i < length; i++) {
      sum[i] = left[leftOffset + i] + right[rightOffset + i];
    }
  }

  private void reserve(int depth) {
    if (workspace.length < depth) {
      workspace = new float[depth][BLOCK];
      stack = new float[depth][];
      stackOffset = new int[depth];
    }
  }
}
