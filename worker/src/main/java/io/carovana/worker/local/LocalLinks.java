package io.carovana.worker.local;

import io.carovana.transport.Control;
import io.carovana.transport.RankLinks;
import io.carovana.transport.TreeProgram;
import io.carovana.transport.TreeSum;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The links of one rank to others of the same process, over shared arrays. */
public final class LocalLinks implements RankLinks {
  private static final int MAX_NESTED_STEPS = 4;

  /** What the ranks of one stage share. */
  private static final class Stage {
    final int ranks;
    final RankBarrier barrier;
    final float[][] published;
    final float[][] results;
    final long[] controls;

    Stage(int ranks) {
      this.ranks = ranks;
      barrier = new RankBarrier(ranks);
      published = new float[ranks][0];
      results = new float[ranks][0];
      controls = new long[ranks];
    }
  }

  private final Stage stage;
  private final int rank;
  private final @Nullable HandOver previous;
  private final @Nullable HandOver next;
  private final TreeSum treeSum = new TreeSum();
  private final long[] steps = new long[MAX_NESTED_STEPS];
  private int depth;
  private long waitedNs;

  private LocalLinks(Stage stage, int rank, @Nullable HandOver previous, @Nullable HandOver next) {
    this.stage = stage;
    this.rank = rank;
    this.previous = previous;
    this.next = next;
  }

  /**
   * The links of all ranks, stage by stage.
   *
   * @param ranksPerStage number of tensor-parallel ranks of each stage
   */
  public static List<LocalLinks> of(List<Integer> ranksPerStage) {
    List<LocalLinks> links = new ArrayList<>();
    HandOver previous = null;
    for (int s = 0; s < ranksPerStage.size(); s++) {
      boolean last = s == ranksPerStage.size() - 1;
      HandOver next = last ? null : new HandOver(ranksPerStage.get(s + 1));
      Stage stage = new Stage(ranksPerStage.get(s));
      for (int r = 0; r < stage.ranks; r++) {
        links.add(new LocalLinks(stage, r, previous, next));
      }
      previous = next;
    }
    return links;
  }

  /** Makes every rank that waits for this one, or will, fail with {@code reason}. */
  public void fail(String reason) {
    stage.barrier.breakFor(reason);
    if (previous != null) {
      previous.breakFor(reason);
    }
    if (next != null) {
      next.breakFor(reason);
    }
  }

  @Override
  public int tpRank() {
    return rank;
  }

  @Override
  public int tpSize() {
    return stage.ranks;
  }

  @Override
  public void beginStep(long step) {
    steps[depth++] = step;
  }

  @Override
  public void endStep() {
    depth--;
  }

  @Override
  public long allReduce(
      TreeProgram program, float[] nodes, float[] out, int elements, long control) {
    stage.published[rank] = nodes;
    stage.results[rank] = out;
    stage.controls[rank] = control;
    await();
    int from = share(elements, rank);
    int to = share(elements, rank + 1);
    treeSum.finish(program, stage.published, elements, from, to, out);
    for (int r = 0; r < stage.ranks; r++) {
      if (r != rank) {
        System.arraycopy(out, from, stage.results[r], from, to - from);
      }
    }
    long agreed = control;
    for (long other : stage.controls) {
      agreed = Control.max(agreed, other);
    }
    await();
    return agreed;
  }

  @Override
  public void exchangeRows(float[] rows, int count, int width, int[] owner) {
    stage.published[rank] = rows;
    await();
    for (int i = 0; i < count; i++) {
      if (owner[i] != rank) {
        System.arraycopy(stage.published[owner[i]], i * width, rows, i * width, width);
      }
    }
    await();
  }

  @Override
  public void gatherColumns(float[] local, int count, int[] widths, float[] full) {
    stage.published[rank] = local;
    await();
    if (rank == 0) {
      gather(count, widths, full);
    }
    await();
  }

  private void gather(int count, int[] widths, float[] full) {
    int total = 0;
    for (int width : widths) {
      total += width;
    }
    int column = 0;
    for (int r = 0; r < stage.ranks; r++) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(stage.published[r], i * widths[r], full, i * total + column, widths[r]);
      }
      column += widths[r];
    }
  }

  @Override
  public void sendToNextStage(float[] hidden, int elements, boolean aborted) {
    if (next == null) {
      throw new IllegalStateException("the last stage hands nothing over");
    }
    if (rank == 0) { // every rank of the stage holds the same bits
      next.send(steps[depth - 1], hidden, elements, aborted);
    }
  }

  @Override
  public boolean receiveFromPreviousStage(float[] hidden, int elements) {
    if (previous == null) {
      throw new IllegalStateException("the first stage receives nothing");
    }
    long start = System.nanoTime();
    boolean arrived = previous.receive(steps[depth - 1], hidden, elements);
    waitedNs += System.nanoTime() - start;
    return arrived;
  }

  @Override
  public long waitedNs() {
    return waitedNs;
  }

  private void await() {
    long start = System.nanoTime();
    stage.barrier.await(rank);
    waitedNs += System.nanoTime() - start;
  }

  private int share(int elements, int index) {
    return (int) ((long) elements * index / stage.ranks);
  }
}
