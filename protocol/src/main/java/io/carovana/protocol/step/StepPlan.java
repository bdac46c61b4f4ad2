package io.carovana.protocol.step;

import java.util.ArrayList;
import java.util.List;

/**
 * One step of the engine for all ranks: rows of several sequences that go through the model
 * together. A reusable carrier: {@link #clear()} and {@link #add()} recycle their entries, so
 * neither side allocates per step once the pool has grown.
 */
public final class StepPlan {
  private final List<SequenceStep> pool = new ArrayList<>();
  private int size;

  /** Placement this step belongs to. */
  public long epoch;

  /** Number of the step, ascending within the epoch, from 1. */
  public long step;

  /** Whether ranks run this step in the gap between two layers of a running one. */
  public boolean urgent;

  /** Forgets all entries. */
  public void clear() {
    size = 0;
    urgent = false;
  }

  /** Adds an entry and returns it, reset. */
  public SequenceStep add() {
    if (size == pool.size()) {
      pool.add(new SequenceStep());
    }
    SequenceStep entry = pool.get(size++);
    entry.reset();
    return entry;
  }

  /** Number of sequences. */
  public int size() {
    return size;
  }

  /** The entry at {@code index}. */
  public SequenceStep get(int index) {
    if (index >= size) {
      throw new IndexOutOfBoundsException(index);
    }
    return pool.get(index);
  }

  /** Rows of all entries together. */
  public int rows() {
    int rows = 0;
    for (int i = 0; i < size; i++) {
      rows += pool.get(i).rows;
    }
    return rows;
  }
}
