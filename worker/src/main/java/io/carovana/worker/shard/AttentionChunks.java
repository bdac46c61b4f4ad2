package io.carovana.worker.shard;

import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelScratch;

/**
 * The pieces that attention is cut into for the team: some neighbouring rows of one sequence. Long
 * contexts get fewer rows a piece, so that a piece stays a small part of a second.
 */
final class AttentionChunks {
  /** Most multiply-adds of one piece, roughly. */
  private static final long PIECE = 1L << 29;

  private final int[] sequence;
  private final int[] row;
  private final int[] rows;
  private int count;

  AttentionChunks(int maxRows) {
    sequence = new int[maxRows];
    row = new int[maxRows];
    rows = new int[maxRows];
  }

  void fill(StepPlan plan, AttentionShape shape) {
    count = 0;
    for (int s = 0; s < plan.size(); s++) {
      SequenceStep entry = plan.get(s);
      long perRow = 2L * (entry.start + entry.rows) * shape.group() * shape.headDim();
      int step = (int) Math.clamp(PIECE / perRow, 1, KernelScratch.QUERY_ROWS);
      for (int r = 0; r < entry.rows; r += step) {
        sequence[count] = s;
        row[count] = r;
        rows[count++] = Math.min(step, entry.rows - r);
      }
    }
  }

  int count() {
    return count;
  }

  /** Entry of the plan. */
  int sequence(int chunk) {
    return sequence[chunk];
  }

  /** First row, counted within the sequence's rows of this step. */
  int row(int chunk) {
    return row[chunk];
  }

  /** Number of rows. */
  int rows(int chunk) {
    return rows[chunk];
  }
}
