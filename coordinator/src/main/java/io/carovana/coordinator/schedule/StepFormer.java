package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the rows of a step from the running sequences and writes them into a plan.
 *
 * <p>All decodes run in each step. Prompts are read in chunks of their own, which give way between
 * layers, and short ones beside the decodes; {@link PromptShares} divides a chunk among prompts.
 */
final class StepFormer {
  private final Admission admission;
  private final EngineLimits limits;
  private final StepCosts costs;
  private final StepBudget budget;
  private final PromptShares shares;

  StepFormer(Admission admission, EngineLimits limits, StepCosts costs) {
    this.admission = admission;
    this.limits = limits;
    this.costs = costs;
    this.budget = new StepBudget(costs, limits);
    this.shares = new PromptShares(budget);
  }

  /** How fast the engine is, and what that means for prompts and streams. */
  SchedulerView.Pace pace() {
    return budget.pace();
  }

  /**
   * Fills a step that runs between two layers of a chunk: all decodes, and some rows of the
   * shortest prompts that are not in the chunk.
   */
  void between(StepPlan plan, OutstandingStep step, long ended) {
    writeDecodes(plan, step, readyDecodes(limits.maxSequences(), ended));
    int most = Math.min(EngineLimits.SHARED_ROWS, limits.maxStepRows() - plan.rows());
    boolean decodes = plan.size() > 0;
    double us = decodes ? budget.besideUs() : StepBudget.LONGEST_LAYER_US;
    List<Sequence> prompts = readyPrompts(1);
    if (costs.known() && !prompts.isEmpty() && most >= StepBudget.LEAST_ROWS) {
      Sequence shortest = PromptShares.shortest(prompts);
      int rows = budget.rows(shortest.scheduled, us, Math.min(most, shortest.pending()));
      write(plan, step, shortest, rows, 0);
    }
  }

  /** Fills a step with decodes and what prompts may join them, or with chunks of prompts alone. */
  void mixed(StepPlan plan, OutstandingStep step, long ended) {
    Sequence alone = readyAlone(ended);
    if (alone != null) {
      write(plan, step, alone, Math.min(alone.pending(), limits.prefillChunk()), 0);
      return;
    }
    List<Sequence> decodes = readyDecodes(decodesPerStep(), ended);
    List<Sequence> prompts = readyPrompts(limits.stages());
    int rows = 0;
    double us = 0;
    for (Sequence prompt : prompts) {
      rows += prompt.pending();
      us += budget.us(prompt.scheduled, prompt.pending());
    }
    if (rows <= limits.prefillChunk() && budget.fitsBeside(us, rows)) {
      for (Sequence prompt : prompts) {
        write(plan, step, prompt, prompt.pending(), 0);
      }
      writeDecodes(plan, step, decodes);
    } else {
      boolean decoding = admission.running().stream().anyMatch(Sequence::decoding);
      double forChunk = budget.chunkUs(decoding);
      shares
          .divide(prompts, forChunk, limits.prefillChunk())
          .forEach((prompt, share) -> write(plan, step, prompt, share, 0));
    }
  }

  /** With several stages, decodes are split into as many groups, so that all stages have work. */
  private int decodesPerStep() {
    int decoding = 0;
    for (Sequence sequence : admission.running()) {
      if (sequence.decoding()) {
        decoding++;
      }
    }
    return Math.max(1, (decoding + limits.stages() - 1) / limits.stages());
  }

  private List<Sequence> readyDecodes(int most, long ended) {
    List<Sequence> ready = new ArrayList<>();
    // A copy, because making room may evict the youngest, which is later in this order.
    for (Sequence sequence : List.copyOf(admission.running())) {
      if (ready.size() == most) {
        break;
      }
      if (sequence.readyToDecode() && !sequence.alone && admission.cover(sequence, ended)) {
        ready.add(sequence);
      }
    }
    return ready;
  }

  private @Nullable Sequence readyAlone(long ended) {
    for (Sequence sequence : List.copyOf(admission.running())) {
      boolean ready = sequence.readyToDecode() || sequence.readyToPrefill(1);
      if (sequence.alone && ready && admission.cover(sequence, ended)) {
        return sequence;
      }
    }
    return null;
  }

  /** Prompts with rows to read, behind at most {@code depth - 1} chunks of theirs under way. */
  private List<Sequence> readyPrompts(int depth) {
    List<Sequence> prompts = new ArrayList<>();
    for (Sequence sequence : admission.running()) {
      if (sequence.readyToPrefill(depth) && !sequence.alone) {
        prompts.add(sequence);
      }
    }
    return prompts;
  }

  /** Writes decodes, with guesses as far as they are worth their time and there are rows left. */
  private void writeDecodes(StepPlan plan, OutstandingStep step, List<Sequence> decodes) {
    int rows = limits.maxStepRows() - plan.rows() - decodes.size();
    int left = Math.min(rows, EngineLimits.SHARED_ROWS);
    // Several streams share a step, so none may make it longer than half as long again.
    double us = decodes.size() > 1 ? costs.decodeUs() / 2 : Double.MAX_VALUE;
    for (Sequence sequence : decodes) {
      int guesses = guess(sequence, left, us);
      left -= guesses;
      us -= guesses * costs.rowUs(sequence.length);
      write(plan, step, sequence, 1, guesses);
    }
  }

  private int guess(Sequence sequence, int left, double us) {
    if (!limits.guesses() || !costs.known() || costs.decodeUs() == 0) {
      return 0;
    }
    Request request = sequence.request;
    int wanted = request.maxTokens() - sequence.emitted() - 1;
    int room = limits.context() - sequence.length;
    double rowUs = Math.max(costs.rowUs(sequence.length), Double.MIN_NORMAL);
    int most = (int) Math.min(us / rowUs, Math.min(left, Math.min(wanted, room)));
    int made =
        sequence.guesser.guess(sequence.tokens, sequence.length, most, rowUs, costs.decodeUs());
    return made == 0 ? 0 : admission.coverGuesses(sequence, made);
  }

  private static void write(
      StepPlan plan, OutstandingStep step, Sequence sequence, int rows, int guesses) {
    Request request = sequence.request;
    Request.Sampling sampling = request.sampling();
    int start = sequence.scheduled;
    int end = start + rows;
    boolean last = end == sequence.length && request.maxTokens() > 0;
    boolean promptRows = sampling.promptLogprobs() && start < request.prompt().length - 1;
    int pages = KvPool.pagesFor((long) end + guesses);

    SequenceStep entry = plan.add();
    entry.reserve(rows + guesses, pages);
    entry.sequence = sequence.number;
    entry.start = start;
    entry.rows = rows + guesses;
    System.arraycopy(sequence.tokens, start, entry.tokens, 0, rows);
    System.arraycopy(sequence.guesser.guesses(), 0, entry.tokens, rows, guesses);
    entry.pageCount = pages;
    System.arraycopy(sequence.pages, 0, entry.pages, 0, pages);
    entry.logits =
        promptRows
            ? SequenceStep.Logits.ALL
            : last ? SequenceStep.Logits.SAMPLED : SequenceStep.Logits.NONE;
    entry.sampledRows = last ? 1 + guesses : 0;
    entry.nextPromptToken = end < request.prompt().length ? sequence.tokens[end] : -1;
    entry.temperature = sampling.temperature();
    entry.topP = sampling.topP();
    entry.seed = sampling.seed();
    entry.choice = sampling.choice();
    entry.topLogprobs = sampling.topLogprobs();
    entry.logprobs = sampling.logprobs() || promptRows;
    entry.digest = last && sampling.digest();

    step.add(sequence, entry, guesses);
    sequence.scheduled = end;
    sequence.inFlight++;
  }
}
