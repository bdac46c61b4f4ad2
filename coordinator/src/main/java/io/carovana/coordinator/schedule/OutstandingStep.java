package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceStep;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A step the ranks were given and have not all acknowledged. */
final class OutstandingStep {
  /** The rows of one sequence, as they were when the step was formed. */
  record Item(Sequence sequence, int generation, int start, int rows) {
    /** Whether the result still counts. */
    boolean current() {
      return sequence.running() && sequence.generation == generation;
    }
  }

  final long number;
  final boolean urgent;
  final List<Item> items = new ArrayList<>();
  private final BitSet acknowledged = new BitSet();
  private int rows;
  private int longestChunk;
  boolean abortWanted;
  boolean abortSent;
  boolean sampled;

  OutstandingStep(long number, boolean urgent) {
    this.number = number;
    this.urgent = urgent;
  }

  void add(Sequence sequence, SequenceStep entry) {
    items.add(new Item(sequence, sequence.generation, entry.start, entry.rows));
    rows += entry.rows;
    if (entry.rows > 1) {
      longestChunk += entry.rows;
    }
  }

  /** Whether decodes should not wait for its end. */
  boolean isLong() {
    return longestChunk > EngineLimits.SHARED_PREFILL_ROWS;
  }

  /** Whether most of its work is for requests that have ended. */
  boolean mostlyInVain() {
    int live = 0;
    for (Item item : items) {
      if (item.current()) {
        live += item.rows();
      }
    }
    return live * 2 < rows;
  }

  /** Takes in that {@code rank} is done; whether that was the last of {@code ranks}. */
  boolean acknowledge(int rank, int ranks) {
    acknowledged.set(rank);
    return acknowledged.cardinality() == ranks;
  }
}
