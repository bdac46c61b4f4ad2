package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.model.files.TensorReader;
import io.carovana.model.quant.Precision;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.SequenceStep.Logits;
import io.carovana.protocol.step.StepPlan;
import io.carovana.worker.local.LocalCluster;
import java.util.Random;

/** Plans and clusters of the shard tests. */
final class TestPlans {
  static final int PAGES_EACH = 4;
  static final int MAX_ROWS = 120;

  private TestPlans() {}

  static ShardOptions options(int threads, String kernel) {
    return new ShardOptions(
        threads, 2 * PAGES_EACH, MAX_ROWS, 2, Precision.AS_STORED, kernel, 0, "test");
  }

  static LocalCluster cluster(TensorReader files, int stages, int ranks) {
    return LocalCluster.open(
        files,
        ShardPlan.even(files.config(), stages, ranks),
        options(1, "auto"),
        LoadProgress.SILENT);
  }

  /** Rows {@code [start, start + rows)} of sequence {@code which}, sampled greedily at the end. */
  static SequenceStep add(StepPlan plan, int which, int start, int rows, int vocabulary) {
    SequenceStep entry = plan.add();
    int pages = (start + rows + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
    entry.reserve(rows, pages);
    entry.sequence = which;
    entry.start = start;
    entry.rows = rows;
    Random random = new Random(which);
    int[] tokens = random.ints(start + rows, 0, vocabulary).toArray();
    System.arraycopy(tokens, start, entry.tokens, 0, rows);
    entry.pageCount = pages;
    for (int i = 0; i < pages; i++) {
      entry.pages[i] = 2 * i + which;
    }
    entry.logits = Logits.SAMPLED;
    entry.sampledRows = 1;
    entry.logprobs = true;
    entry.topLogprobs = 20;
    entry.digest = true;
    return entry;
  }

  static StepPlan plan(long step, int which, int start, int rows, int vocabulary) {
    StepPlan plan = new StepPlan();
    plan.step = step;
    add(plan, which, start, rows, vocabulary);
    return plan;
  }
}
