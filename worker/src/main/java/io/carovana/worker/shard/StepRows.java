package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.worker.kernels.AttentionShape;

/**
 * What must outlive a layer boundary while a step runs: the residual stream, and where each row
 * stands. One per nesting depth.
 */
final class StepRows {
  private final int maxRows;
  private final int maxSequences;
  private final int kvPages;

  /** The residual stream, {@code [rows][hidden]}. */
  final float[] hidden;

  /** Position of every row. */
  final int[] position;

  /** Entry of the plan that every row belongs to. */
  final int[] sequence;

  /** First row of every entry of the plan. */
  final int[] firstRow;

  /** The pieces of the rows' attention. */
  final AttentionChunks chunks;

  /** Rows of the step. */
  int rows;

  /** The plan they come from. */
  StepPlan plan = new StepPlan();

  StepRows(int maxRows, int maxSequences, int kvPages, int hidden) {
    this.maxRows = maxRows;
    this.maxSequences = maxSequences;
    this.kvPages = kvPages;
    this.hidden = new float[Math.multiplyExact(maxRows, hidden)];
    position = new int[maxRows];
    sequence = new int[maxRows];
    firstRow = new int[maxSequences];
    chunks = new AttentionChunks(maxRows);
  }

  /**
   * Takes over a plan's rows.
   *
   * @throws IllegalArgumentException if it exceeds what this shard has room for
   */
  void fill(StepPlan plan, int vocabulary, RopeTable rope, AttentionShape shape) {
    if (plan.size() > maxSequences || plan.rows() > maxRows) {
      throw new IllegalArgumentException(
          "step "
              + plan.step
              + " has "
              + plan.rows()
              + " rows of "
              + plan.size()
              + " sequences; this shard takes "
              + maxRows
              + " of "
              + maxSequences);
    }
    this.plan = plan;
    rows = 0;
    for (int s = 0; s < plan.size(); s++) {
      SequenceStep entry = plan.get(s);
      check(entry, vocabulary);
      firstRow[s] = rows;
      for (int i = 0; i < entry.rows; i++) {
        position[rows] = entry.start + i;
        sequence[rows] = s;
        rope.require(entry.start + i);
        rows++;
      }
    }
    chunks.fill(plan, shape);
  }

  private void check(SequenceStep entry, int vocabulary) {
    long end = (long) entry.start + entry.rows;
    if (entry.rows < 1
        || entry.start < 0
        || (long) entry.pageCount * Numerics.KV_PAGE_TOKENS < end
        || entry.pageCount > entry.pages.length
        || entry.rows > entry.tokens.length) {
      throw new IllegalArgumentException(
          "sequence "
              + entry.sequence
              + " has "
              + entry.rows
              + " rows from position "
              + entry.start
              + " and "
              + entry.pageCount
              + " pages");
    }
    for (int i = 0; i < entry.pageCount; i++) {
      if (entry.pages[i] < 0 || entry.pages[i] >= kvPages) {
        throw new IllegalArgumentException(
            "sequence " + entry.sequence + " uses page " + entry.pages[i] + " of " + kvPages);
      }
    }
    for (int i = 0; i < entry.rows; i++) {
      if (entry.tokens[i] < 0 || entry.tokens[i] >= vocabulary) {
        throw new IllegalArgumentException(
            "sequence " + entry.sequence + " has token " + entry.tokens[i] + " of " + vocabulary);
      }
    }
  }
}
