package io.carovana.worker.shard;

import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.SequenceStep.Logits;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.sampling.LogSoftmax;
import io.carovana.worker.sampling.RowDigest;
import io.carovana.worker.sampling.Sampler;
import java.util.Arrays;

/** From rows of logits to the entries of a step's result. */
final class RowSampling {
  private final int vocabulary;
  private final Sampler sampler;
  private final RowDigest digest = new RowDigest();
  private final boolean[] stopped;
  private StepResult result = new StepResult();

  RowSampling(int vocabulary, int maxSequences) {
    this.vocabulary = vocabulary;
    stopped = new boolean[maxSequences];
    sampler = new Sampler(vocabulary);
  }

  /** Makes an entry for every sequence of the plan; more follow for guesses that hold. */
  void begin(StepPlan plan, StepResult result) {
    this.result = result;
    Arrays.fill(stopped, false);
    for (int s = 0; s < plan.size(); s++) {
      SequenceStep entry = plan.get(s);
      SequenceResult out = result.add();
      out.sequence = entry.sequence;
      if (entry.logits == Logits.ALL) {
        int followed = entry.nextPromptToken >= 0 ? entry.rows : entry.rows - 1;
        out.reservePrompt(followed, Math.min(entry.topLogprobs, SequenceResult.MAX_TOP));
      }
    }
  }

  /**
   * Reports one row.
   *
   * @param index of the sequence in the plan
   * @param row of the sequence in this step
   * @throws NonFiniteException if a logit is not finite
   */
  void row(SequenceStep entry, int index, int row, float[] logits, int offset) {
    requireFinite(logits, offset);
    SequenceResult out = result.get(index);
    boolean prompt = entry.logits == Logits.ALL && row < out.promptCount;
    boolean last = row == entry.rows - 1;
    boolean samples = row >= entry.rows - entry.sampledRows && !stopped[index];
    float max = 0;
    double logSum = 0;
    if (prompt || (samples && entry.logprobs)) {
      max = LogSoftmax.max(logits, offset, vocabulary);
      logSum = LogSoftmax.logSum(logits, offset, vocabulary, max);
    }
    if (prompt) {
      int next = last ? entry.nextPromptToken : entry.tokens[row + 1];
      out.promptLogprobs[row] = LogSoftmax.of(logits[offset + next], max, logSum);
      int at = row * out.promptTop;
      sampler.top(
          logits,
          offset,
          vocabulary,
          out.promptTop,
          max,
          logSum,
          out.promptTopIds,
          out.promptTopLogprobs,
          at);
    }
    if (samples) {
      SequenceResult sampled = row == entry.rows - entry.sampledRows ? out : another(entry);
      sample(entry, row, sampled, logits, offset, max, logSum);
      stopped[index] = last || sampled.token != entry.tokens[row + 1];
    }
  }

  private SequenceResult another(SequenceStep entry) {
    SequenceResult out = result.add();
    out.sequence = entry.sequence;
    return out;
  }

  private void sample(
      SequenceStep entry,
      int row,
      SequenceResult out,
      float[] logits,
      int offset,
      float max,
      double logSum) {
    out.token =
        sampler.sample(
            logits,
            offset,
            vocabulary,
            entry.temperature,
            entry.topP,
            entry.seed,
            entry.choice,
            entry.start + row + 1);
    if (entry.logprobs) {
      out.logprob = LogSoftmax.of(logits[offset + out.token], max, logSum);
      int top = Math.min(entry.topLogprobs, SequenceResult.MAX_TOP);
      out.topCount =
          sampler.top(logits, offset, vocabulary, top, max, logSum, out.topIds, out.topLogprobs, 0);
    }
    if (entry.digest) {
      digest.digest(logits, offset, vocabulary, out.digest);
      out.hasDigest = true;
    }
  }

  private void requireFinite(float[] logits, int offset) {
    for (int id = 0; id < vocabulary; id++) {
      if (!Float.isFinite(logits[offset + id])) {
        throw new NonFiniteException("lm_head");
      }
    }
  }
}
