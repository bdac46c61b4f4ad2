package io.carovana.worker.reference;

import io.carovana.transport.RankLinks;
import io.carovana.transport.TreeProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Links that keep a copy of every row of logits that is gathered. */
final class CapturedLogits implements RankLinks {
  private final RankLinks links;
  private final List<float[]> rows = new ArrayList<>();

  CapturedLogits(RankLinks links) {
    this.links = links;
  }

  /** All rows so far, each {@code [vocabulary]}. */
  List<float[]> rows() {
    return rows;
  }

  @Override
  public void gatherColumns(float[] local, int count, int[] widths, float[] full) {
    links.gatherColumns(local, count, widths, full);
    int vocabulary = Arrays.stream(widths).sum();
    for (int row = 0; row < count; row++) {
      rows.add(Arrays.copyOfRange(full, row * vocabulary, (row + 1) * vocabulary));
    }
  }

  @Override
  public int tpRank() {
    return links.tpRank();
  }

  @Override
  public int tpSize() {
    return links.tpSize();
  }

  @Override
  public void beginStep(long step) {
    links.beginStep(step);
  }

  @Override
  public void endStep() {
    links.endStep();
  }

  @Override
  public long allReduce(
      TreeProgram program, float[] nodes, float[] out, int elements, long control) {
    return links.allReduce(program, nodes, out, elements, control);
  }

  @Override
  public void exchangeRows(float[] values, int count, int width, int[] owner) {
    links.exchangeRows(values, count, width, owner);
  }

  @Override
  public void sendToNextStage(float[] hidden, int elements, boolean aborted) {
    links.sendToNextStage(hidden, elements, aborted);
  }

  @Override
  public boolean receiveFromPreviousStage(float[] hidden, int elements) {
    return links.receiveFromPreviousStage(hidden, elements);
  }

  @Override
  public long waitedNs() {
    return links.waitedNs();
  }
}
