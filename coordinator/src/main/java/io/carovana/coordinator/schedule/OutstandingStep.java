package io.carovana.coordinator.schedule;

import io.carovana.protocol.step.SequenceStep;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A step the ranks were given and have not all acknowledged. */
final class OutstandingStep {
  /**
   * The rows of one sequence, as they were when the step was formed; guesses come on top.
   *
   * @param decodes whether its one row is the last token it has: a prompt may have one row too
   */
  record Item(
      Sequence sequence, int generation, int start, int rows, int guesses, boolean decodes) {
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
  long handedOutNs;
  boolean abortWanted;
  boolean abortSent;
  boolean sampled;

  OutstandingStep(long number, boolean urgent) {
    this.number = number;
    this.urgent = urgent;
  }

  void add(Sequence sequence, SequenceStep entry, int guesses) {
    int own = entry.rows - guesses;
    boolean decodes = own == 1 && entry.start == sequence.length - 1;
    items.add(new Item(sequence, sequence.generation, entry.start, own, guesses, decodes));
    rows += entry.rows;
  }

  /** Rows of all, guesses included. */
  int rows() {
    return rows;
  }

  /** Whether it reads prompts only: then decodes need not wait for its end. */
  boolean prefillsOnly() {
    return items.stream().noneMatch(Item::decodes);
  }

  /** Whether it goes on from tokens sampled last only. */
  boolean decodesOnly() {
    return items.stream().allMatch(Item::decodes);
  }

  /** Positions of all its rows, added up. */
  double positions() {
    double sum = 0;
    for (Item item : items) {
      sum += item.rows() * (item.start() + (item.rows() - 1) / 2.0);
    }
    return sum;
  }

  /** Whether most of its work is for requests that have ended. */
  boolean mostlyInVain() {
    int live = 0;
    for (Item item : items) {
      if (item.current()) {
        live += item.rows() + item.guesses();
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
