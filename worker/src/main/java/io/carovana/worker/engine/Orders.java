package io.carovana.worker.engine;

import io.carovana.protocol.step.PlanCodec;
import io.carovana.protocol.step.StepFormatException;
import io.carovana.protocol.step.StepPlan;
import io.carovana.transport.Control;
import io.carovana.transport.LinkException;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageReader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The coordinator's orders to this rank, in the sequence in which every rank gets them: plans that
 * have not been run, and which steps were aborted. Urgent plans and aborts are numbered from 1, so
 * that the counts of {@link Control} name the same orders on every rank.
 */
final class Orders implements MessageReader.Handler {
  /** Plans that may wait here; the rest waits in the stream. */
  static final int MAX_PENDING = 64;

  /** Abort orders that are remembered; they name running or waiting steps. */
  static final int MAX_ABORTS = 1024;

  private final long epoch;
  private final List<Pending> pending = new ArrayList<>(MAX_PENDING);
  private final Deque<Pending> unused = new ArrayDeque<>(MAX_PENDING);
  private final Deque<Pending> taken = new ArrayDeque<>();
  private final long[] abortedSteps = new long[MAX_ABORTS];
  private int urgentSeen;
  private int abortsSeen;

  /** A plan and, if it is urgent, its number among the urgent ones. */
  private static final class Pending {
    final StepPlan plan = new StepPlan();
    int urgentNumber;
  }

  Orders(long epoch) {
    this.epoch = epoch;
    for (int i = 0; i < MAX_PENDING; i++) {
      unused.add(new Pending());
    }
  }

  @Override
  public boolean onMessage(int rank, MessageKind kind, ByteBuffer message) {
    if (kind == MessageKind.ABORT) {
      return onAbort(message);
    }
    Pending entry = unused.peek();
    if (entry == null) {
      return false;
    }
    try {
      PlanCodec.decode(message, entry.plan);
    } catch (StepFormatException e) {
      throw new LinkException("a plan of the coordinator is malformed: " + e.getMessage());
    }
    if (entry.plan.epoch != epoch || entry.plan.step <= 0) {
      throw new LinkException("step " + entry.plan.step + " of epoch " + entry.plan.epoch);
    }
    unused.remove();
    entry.urgentNumber = entry.plan.urgent ? ++urgentSeen : 0;
    pending.add(entry);
    return true;
  }

  private boolean onAbort(ByteBuffer message) {
    if (message.remaining() != Long.BYTES) {
      throw new LinkException("an abort order of " + message.remaining() + " bytes");
    }
    abortedSteps[abortsSeen++ % MAX_ABORTS] = message.getLong();
    return true;
  }

  /** Counts seen so far, as this rank's proposal. */
  long seen() {
    return Control.of(urgentSeen, abortsSeen);
  }

  /** Whether all orders that {@code agreed} names have arrived. */
  boolean hasSeen(long agreed) {
    return Control.max(agreed, seen()) == seen();
  }

  /** Whether one of the first {@code aborts} abort orders names {@code step}. */
  boolean aborted(long step, int aborts) {
    for (int number = Math.max(0, abortsSeen - MAX_ABORTS); number < aborts; number++) {
      if (abortedSteps[number % MAX_ABORTS] == step) {
        return true;
      }
    }
    return false;
  }

  /** Number of plans that have not been taken. */
  int pending() {
    return pending.size();
  }

  /** The plan at {@code index} in the order of arrival. */
  StepPlan peek(int index) {
    return pending.get(index).plan;
  }

  /** Index of the oldest waiting plan among the first {@code urgent} urgent ones, -1 for none. */
  int urgentWithin(int urgent) {
    for (int i = 0; i < pending.size(); i++) {
      int number = pending.get(i).urgentNumber;
      if (number > 0 && number <= urgent) {
        return i;
      }
    }
    return -1;
  }

  /** Index of the waiting plan of {@code step}, -1 if it has not arrived. */
  int indexOf(long step) {
    for (int i = 0; i < pending.size(); i++) {
      if (pending.get(i).plan.step == step) {
        return i;
      }
    }
    return -1;
  }

  /** Takes a plan; it stays valid until it is given back by {@link #recycle}. */
  StepPlan take(int index) {
    Pending entry = pending.remove(index);
    taken.push(entry);
    return entry.plan;
  }

  /** Gives back the plan that was taken last. */
  void recycle() {
    unused.add(taken.pop());
  }
}
