package io.carovana.model.memory;

import java.util.List;

/**
 * Whether a model fits, in numbers and in words.
 *
 * @param fits whether every node has room
 * @param context positions it was computed for
 * @param nodes each node's need, in the order given
 * @param line one line for the tightest node: weights + KV per token x context + heap against free
 * @param proposals options that would fit, such as {@code --quantize q4 --context 8192}; empty if
 *     it fits or if nothing would
 */
public record FitReport(
    boolean fits, int context, List<NodeNeed> nodes, String line, List<String> proposals) {
  /** Copies the lists. */
  public FitReport {
    nodes = List.copyOf(nodes);
    proposals = List.copyOf(proposals);
  }

  /**
   * One node's need.
   *
   * @param node the node
   * @param ranks what its ranks hold together
   * @param kvBytes KV pages for the context
   * @param heapBytes workspace and the processes' own heap
   */
  public record NodeNeed(NodeMemory node, RankMemory ranks, long kvBytes, long heapBytes) {
    /** All together. */
    public long totalBytes() {
      return ranks.weights() + kvBytes + heapBytes;
    }

    /** What would be left; negative if it does not fit. */
    public long spareBytes() {
      return node.freeBytes() - totalBytes();
    }

    /** The need in words. */
    public String line(int context) {
      return "%s: %s weights + %s KV per token x %d tokens + %s heap = %s, %s free"
          .formatted(
              node.name(),
              ByteSize.format(ranks.weights()),
              ByteSize.format(ranks.kvPerToken()),
              context,
              ByteSize.format(heapBytes),
              ByteSize.format(totalBytes()),
              ByteSize.format(node.freeBytes()));
    }
  }

  /** {@link #line} and, where it does not fit, what would. */
  public String message() {
    if (fits) {
      return line;
    }
    String advice =
        proposals.isEmpty()
            ? "nothing smaller of this model fits: add workers or memory"
            : "these would fit: " + String.join("; ", proposals);
    return line + ": does not fit; " + advice;
  }
}
