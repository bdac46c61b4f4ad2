package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses the rows of a step from the running sequences and writes them into a plan. */
final class StepFormer {
  private final Admission admission;
  private final EngineLimits limits;

  StepFormer(Admission admission, EngineLimits limits) {
    this.admission = admission;
    this.limits = limits;
  }

  /** Fills a step with decodes alone. */
  void decodes(StepPlan plan, OutstandingStep step, long ended) {
    for (Sequence sequence : readyDecodes(limits.maxSequences(), ended)) {
      write(plan, step, sequence, 1);
    }
  }

  /**
   * Fills a step with decodes and what prompt tokens may join them, or with a long chunk of prompt
   * alone: then the decodes follow as an urgent step, which runs between two of its layers.
   */
  void mixed(StepPlan plan, OutstandingStep step, long ended) {
    Sequence alone = readyAlone(ended);
    if (alone != null) {
      write(plan, step, alone, Math.min(alone.pending(), limits.prefillChunk()));
      return;
    }
    List<Sequence> decodes = readyDecodes(decodesPerStep(), ended);
    int waiting = prefillRowsReady();
    if (waiting <= EngineLimits.SHARED_PREFILL_ROWS) {
      for (Sequence sequence : decodes) {
        write(plan, step, sequence, 1);
      }
    }
    prefill(plan, step, limits.prefillChunk());
  }

  /** With several stages, decodes are split into as many groups, so that all stages have work. */
  private int decodesPerStep() {
    int decoding = 0;
    for (Sequence sequence : admission.running()) {
      if (sequence.length - sequence.computed == 1) {
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

  private int prefillRowsReady() {
    int rows = 0;
    for (Sequence sequence : admission.running()) {
      if (sequence.readyToPrefill(limits.stages()) && !sequence.alone) {
        rows = Math.min(limits.prefillChunk(), rows + sequence.pending());
      }
    }
    return rows;
  }

  private void prefill(StepPlan plan, OutstandingStep step, int budget) {
    int left = budget;
    for (Sequence sequence : admission.running()) {
      if (left == 0) {
        return;
      }
      if (sequence.readyToPrefill(limits.stages()) && !sequence.alone) {
        int rows = Math.min(left, sequence.pending());
        write(plan, step, sequence, rows);
        left -= rows;
      }
    }
  }

  private static void write(StepPlan plan, OutstandingStep step, Sequence sequence, int rows) {
    Request request = sequence.request;
    Request.Sampling sampling = request.sampling();
    int start = sequence.scheduled;
    int end = start + rows;
    boolean last = end == sequence.length && request.maxTokens() > 0;
    boolean promptRows = sampling.promptLogprobs() && start < request.prompt().length - 1;
    int pages = KvPool.pagesFor(end);

    SequenceStep entry = plan.add();
    entry.reserve(rows, pages);
    entry.sequence = sequence.number;
    entry.start = start;
    entry.rows = rows;
    System.arraycopy(sequence.tokens, start, entry.tokens, 0, rows);
    entry.pageCount = pages;
    System.arraycopy(sequence.pages, 0, entry.pages, 0, pages);
    entry.logits =
        promptRows
            ? SequenceStep.Logits.ALL
            : last ? SequenceStep.Logits.SAMPLED : SequenceStep.Logits.NONE;
    entry.sampledRows = last ? 1 : 0;
    entry.nextPromptToken = end < request.prompt().length ? sequence.tokens[end] : -1;
    entry.temperature = sampling.temperature();
    entry.topP = sampling.topP();
    entry.seed = sampling.seed();
    entry.choice = sampling.choice();
    entry.topLogprobs = sampling.topLogprobs();
    entry.logprobs = sampling.logprobs() || promptRows;
    entry.digest = last && sampling.digest();

    step.add(sequence, entry);
    sequence.scheduled = end;
    sequence.inFlight++;
  }
}
