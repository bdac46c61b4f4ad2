package io.carovana.worker.shard;

import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.shard.ShardPlan.Stage;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.transport.RankLinks;
import io.carovana.worker.kernels.Panels;

/**
 * The residual stream's beginning: each rank of the first stage looks up the rows it holds, and the
 * ranks exchange them exactly.
 */
final class EmbeddingRows {
  private final Stage stage;
  private final RankShard shard;
  private final Panels table;
  private final int[] owner;

  /**
   * For one rank of the first stage.
   *
   * @param table own vocabulary rows, {@code [rows, hidden]}
   */
  EmbeddingRows(Stage stage, RankShard shard, Panels table, int maxRows) {
    this.stage = stage;
    this.shard = shard;
    this.table = table;
    owner = new int[maxRows];
  }

  /** Fills {@code rows.hidden}. */
  void run(StepRows rows, RankLinks links) {
    int hidden = table.columns();
    for (int row = 0; row < rows.rows; row++) {
      int sequence = rows.sequence[row];
      SequenceStep entry = rows.plan.get(sequence);
      int token = entry.tokens[row - rows.firstRow[sequence]];
      owner[row] = ownerOf(token);
      if (owner[row] == shard.tpRank()) {
        int own = token - shard.vocabRows().start();
        for (int column = 0; column < hidden; column++) {
          rows.hidden[row * hidden + column] = table.weight(own, column);
        }
      }
    }
    if (stage.ranks().size() > 1) {
      links.exchangeRows(rows.hidden, rows.rows, hidden, owner);
    }
  }

  private int ownerOf(int token) {
    int rank = 0;
    while (token >= stage.ranks().get(rank).vocabRows().end()) {
      rank++;
    }
    return rank;
  }
}
