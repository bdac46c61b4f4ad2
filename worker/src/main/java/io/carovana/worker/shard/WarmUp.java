package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.RankLinks;
import io.carovana.transport.TreeProgram;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Steps that a fresh shard runs by itself, so that its kernels are compiled before a request meets
 * them. What they leave in the KV pool is never read: a sequence reads only positions it stored.
 */
final class WarmUp {
  private static final int MOST_STEPS = 200;

  private WarmUp() {}

  /** Runs steps for {@code options.warmUpMs()}; the last of them may end later. */
  static void run(CpuShard shard, ModelConfig config, ShardOptions options) {
    StepPlan plan = new StepPlan();
    StepResult result = new StepResult();
    int prefill = Math.min(options.maxStepTokens(), Numerics.KV_PAGE_TOKENS);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.warmUpMs());
    for (int i = 0; i < MOST_STEPS && System.nanoTime() < end; i++) {
      fill(plan, i % 4 == 0 ? prefill : 1, config);
      shard.step(plan, new Alone(), LayerGate.OPEN, result);
    }
  }

  private static void fill(StepPlan plan, int rows, ModelConfig config) {
    plan.clear();
    SequenceStep entry = plan.add();
    entry.reserve(rows, 1);
    entry.rows = rows;
    entry.pageCount = 1;
    entry.pages[0] = 0;
    for (int i = 0; i < rows; i++) {
      entry.tokens[i] = i % config.vocabSize();
    }
    entry.logits = SequenceStep.Logits.SAMPLED;
    entry.sampledRows = 1;
    entry.logprobs = true;
    entry.temperature = 1;
  }

  /** Links to nobody: peers' contributions are zero. */
  private static final class Alone implements RankLinks {
    @Override
    public int tpRank() {
      return 0;
    }

    @Override
    public int tpSize() {
      return 1;
    }

    @Override
    public void beginStep(long step) {}

    @Override
    public void endStep() {}

    @Override
    public long allReduce(
        TreeProgram program, float[] nodes, float[] out, int elements, long control) {
      Arrays.fill(out, 0, elements, 0);
      return control;
    }

    @Override
    public void exchangeRows(float[] rows, int count, int width, int[] owner) {}

    @Override
    public void gatherColumns(float[] local, int count, int[] widths, float[] full) {}

    @Override
    public void sendToNextStage(float[] hidden, int elements, boolean aborted) {}

    @Override
    public boolean receiveFromPreviousStage(float[] hidden, int elements) {
      return true;
    }

    @Override
    public long waitedNs() {
      return 0;
    }
  }
}
