package io.carovana.protocol.step;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a step. The sampling rank (tensor-parallel rank 0 of the last stage) fills the
 * sequence entries; every other rank only the status. Reusable like {@link StepPlan}.
 */
public final class StepResult {
  /** How a step ended; the same on all ranks of a stage. */
  public enum Status {
    /** All rows went through. */
    DONE,
    /** Stopped between two layers by an agreed abort; nothing was sampled. */
    ABORTED,
    /** A rank met NaN or infinity; see {@link #failure}. */
    NON_FINITE,
    /** A bug; see {@link #failure}. */
    FAILED
  }

  private final List<SequenceResult> pool = new ArrayList<>();
  private int size;

  /** Placement of the step. */
  public long epoch;

  /** Number of the step. */
  public long step;

  /** How it ended. */
  public Status status = Status.DONE;

  /** What went wrong, in words. */
  public @Nullable String failure;

  /** Time this rank computed, ns. */
  public long computeNs;

  /** Time this rank waited in collectives and hand-overs, ns. */
  public long waitNs;

  /** Forgets everything. */
  public void clear() {
    size = 0;
    status = Status.DONE;
    failure = null;
    computeNs = 0;
    waitNs = 0;
  }

  /** Adds an entry and returns it, reset. Several of a sequence are in the order of its tokens. */
  public SequenceResult add() {
    if (size == pool.size()) {
      pool.add(new SequenceResult());
    }
    SequenceResult entry = pool.get(size++);
    entry.reset();
    return entry;
  }

  /** Number of entries. */
  public int size() {
    return size;
  }

  /** The entry at {@code index}. */
  public SequenceResult get(int index) {
    if (index >= size) {
      throw new IndexOutOfBoundsException(index);
    }
    return pool.get(index);
  }
}
