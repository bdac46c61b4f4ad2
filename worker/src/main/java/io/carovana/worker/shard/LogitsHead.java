package io.carovana.worker.shard;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.ShardPlan.Stage;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.SequenceStep.Logits;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.RankLinks;
import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.Panels;

/**
 * The end of a step on the last stage: final norm and logits of the wanted rows only, a batch at a
 * time, gathered on tensor-parallel rank 0, which samples.
 */
final class LogitsHead {
  /** Most rows whose logits are held at once. */
  static final int BATCH = 32;

  private final ModelConfig config;
  private final Compute compute;
  private final float[] norm;
  private final Panels lmHead;
  private final int[] widths;
  private final Activations input;
  private final float[] local; // [BATCH][own vocabulary rows]
  private final float[] full; // [BATCH][vocabulary] on rank 0
  private final RowSampling sampling;
  private final int[] wantedRow = new int[BATCH];
  private final Compute.Unit project = this::project;
  private final boolean first;
  private int wanted;

  LogitsHead(
      ModelConfig config,
      Stage stage,
      int tpRank,
      int maxSequences,
      Compute compute,
      float[] norm,
      Panels lmHead) {
    this.config = config;
    this.compute = compute;
    this.norm = norm;
    this.lmHead = lmHead;
    this.first = tpRank == 0;
    widths = stage.ranks().stream().mapToInt(rank -> rank.vocabRows().size()).toArray();
    boolean quantized = lmHead.format().quantized();
    input = compute.kernels().activations(BATCH, config.hiddenSize(), quantized);
    local = new float[Math.multiplyExact(BATCH, lmHead.rows())];
    boolean gathers = first && widths.length > 1;
    full = gathers ? new float[Math.multiplyExact(BATCH, config.vocabSize())] : local;
    sampling = new RowSampling(first ? config.vocabSize() : 0, maxSequences);
  }

  /**
   * Samples, and reports what was asked for.
   *
   * @throws NonFiniteException if a logit is not finite
   */
  void run(StepRows rows, RankLinks links, StepResult result) {
    if (first) {
      sampling.begin(rows.plan, result);
    }
    wanted = 0;
    for (int s = 0; s < rows.plan.size(); s++) {
      SequenceStep entry = rows.plan.get(s);
      int from = entry.logits == Logits.ALL ? 0 : entry.rows - entry.sampledRows;
      if (entry.logits != Logits.NONE) {
        for (int i = from; i < entry.rows; i++) {
          wantedRow[wanted++] = rows.firstRow[s] + i;
          if (wanted == BATCH) {
            batch(rows, links);
          }
        }
      }
    }
    if (wanted > 0) {
      batch(rows, links);
    }
  }

  private void batch(StepRows rows, RankLinks links) {
    int hidden = config.hiddenSize();
    for (int i = 0; i < wanted; i++) {
      compute
          .kernels()
          .rmsNorm(
              rows.hidden,
              wantedRow[i] * hidden,
              norm,
              config.rmsNormEps(),
              input.values(),
              i * hidden,
              hidden,
              compute.scratch(0));
    }
    if (lmHead.format().quantized()) {
      compute.kernels().quantize(input, lmHead.format().block(), 0, wanted);
    }
    compute.shared(lmHead.count(), project);
    if (widths.length > 1) {
      links.gatherColumns(local, wanted, widths, full);
    }
    if (first) {
      for (int i = 0; i < wanted; i++) {
        int sequence = rows.sequence[wantedRow[i]];
        sampling.row(
            rows.plan.get(sequence),
            sequence,
            wantedRow[i] - rows.firstRow[sequence],
            full,
            i * config.vocabSize());
      }
    }
    wanted = 0;
  }

  private void project(int panel, int member) {
    compute.multiply(lmHead, panel, input, wanted, local, lmHead.rows(), member);
  }
}
