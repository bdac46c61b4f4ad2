package io.carovana.protocol.step;

import java.util.Random;

/** Random plans and results. */
final class RandomSteps {
  private RandomSteps() {}

  static StepPlan plan(Random random) {
    StepPlan plan = new StepPlan();
    plan.epoch = random.nextLong();
    plan.step = random.nextLong();
    plan.urgent = random.nextBoolean();
    for (int i = random.nextInt(5); i > 0; i--) {
      SequenceStep entry = plan.add();
      entry.sequence = random.nextLong();
      entry.start = random.nextInt(100_000);
      int rows = random.nextInt(40);
      int pages = random.nextInt(70);
      entry.reserve(rows, pages);
      entry.rows = rows;
      entry.pageCount = pages;
      fill(entry.tokens, rows, random);
      fill(entry.pages, pages, random);
      entry.logits = SequenceStep.Logits.values()[random.nextInt(3)];
      entry.sampledRows = random.nextInt(rows + 1);
      entry.nextPromptToken = random.nextInt(32_000) - 1;
      entry.temperature = random.nextFloat() * 2;
      entry.topP = 1 - random.nextFloat();
      entry.seed = random.nextLong();
      entry.choice = random.nextInt(8);
      entry.topLogprobs = random.nextInt(SequenceResult.MAX_TOP + 1);
      entry.logprobs = random.nextBoolean();
      entry.digest = random.nextBoolean();
    }
    return plan;
  }

  static StepResult result(Random random) {
    StepResult result = new StepResult();
    result.epoch = random.nextLong();
    result.step = random.nextLong();
    result.status = StepResult.Status.values()[random.nextInt(4)];
    result.failure = random.nextInt(3) == 0 ? "layer " + random.nextInt() + ": ∞" : null;
    result.computeNs = random.nextLong();
    result.waitNs = random.nextLong();
    for (int i = random.nextInt(5); i > 0; i--) {
      SequenceResult entry = result.add();
      entry.sequence = random.nextLong();
      entry.token = random.nextInt(32_000) - 1;
      entry.logprob = random.nextBoolean() ? Float.NaN : -random.nextFloat();
      entry.topCount = random.nextInt(SequenceResult.MAX_TOP + 1);
      fill(entry.topIds, entry.topCount, random);
      fill(entry.topLogprobs, entry.topCount, random);
      entry.hasDigest = random.nextBoolean();
      random.nextBytes(entry.digest);
      entry.reservePrompt(random.nextInt(20), random.nextInt(SequenceResult.MAX_TOP + 1));
      int alternatives = entry.promptCount * entry.promptTop;
      fill(entry.promptLogprobs, entry.promptCount, random);
      fill(entry.promptTopIds, alternatives, random);
      fill(entry.promptTopLogprobs, alternatives, random);
    }
    return result;
  }

  private static void fill(int[] values, int count, Random random) {
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(32_000);
    }
  }

  private static void fill(float[] values, int count, Random random) {
    for (int i = 0; i < count; i++) {
      values[i] = -random.nextFloat();
    }
  }
}
