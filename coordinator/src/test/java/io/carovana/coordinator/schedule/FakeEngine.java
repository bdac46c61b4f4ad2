package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * An engine whose "model" is a hash chain over the tokens and whose KV cache holds that chain: a
 * row comes out right only if the page of the position before it still holds what this sequence put
 * there. Urgent plans overtake, aborted ones leave rubbish behind.
 */
final class FakeEngine {
  /** Token that makes a step non-finite when it is computed. */
  static final int POISON = 666;

  private static final int VOCABULARY = 600;

  /** A plan as it was offered. */
  record Step(long number, boolean urgent, List<Row> rows) {}

  record Row(
      long sequence,
      int start,
      int[] tokens,
      int[] pages,
      int sampledRows,
      SequenceStep.Logits kind) {}

  private static final long TOKEN_BITS = 0xFFF;

  private final long[] kv;
  private final int ranks;
  private final int samplingRank;
  private final Deque<Step> ordinary = new ArrayDeque<>();
  private final Deque<Step> urgent = new ArrayDeque<>();
  private final Set<Long> aborts = new HashSet<>();

  FakeEngine(EngineLimits limits) {
    kv = new long[limits.kvPages() * KvPool.PAGE_TOKENS];
    ranks = limits.ranks();
    samplingRank = limits.samplingRank();
  }

  /** Token that follows {@code tokens}. */
  static int following(int[] tokens, int length) {
    long chain = 0;
    for (int i = 0; i < length; i++) {
      chain = link(chain, tokens[i], i);
    }
    return token(chain);
  }

  void offer(StepPlan plan) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < plan.size(); i++) {
      SequenceStep step = plan.get(i);
      rows.add(
          new Row(
              step.sequence,
              step.start,
              Arrays.copyOf(step.tokens, step.rows),
              Arrays.copyOf(step.pages, step.pageCount),
              step.sampledRows,
              step.logits));
    }
    (plan.urgent ? urgent : ordinary).add(new Step(plan.step, plan.urgent, rows));
  }

  void abort(long step) {
    aborts.add(step);
  }

  boolean idle() {
    return ordinary.isEmpty() && urgent.isEmpty();
  }

  boolean holds(long step) {
    return ordinary.stream().anyMatch(one -> one.number() == step)
        || urgent.stream().anyMatch(one -> one.number() == step);
  }

  /** Runs one step to its end and tells the scheduler, rank by rank in a random order. */
  void run(Scheduler scheduler, long epoch, Random random) {
    Deque<Step> queue = urgent.isEmpty() ? ordinary : urgent;
    Step step = queue.remove();
    StepResult result = new StepResult();
    result.epoch = epoch;
    result.step = step.number();
    int computed = step.rows().stream().mapToInt(row -> row.tokens().length).sum();
    result.computeNs = 1_000_000L * (4 + computed) + random.nextInt(1_000_000);
    if (aborts.remove(step.number()) && random.nextBoolean()) {
      result.status = StepResult.Status.ABORTED;
      step.rows().forEach(this::spoil);
    } else if (step.rows().stream().anyMatch(FakeEngine::poisoned)) {
      result.status = StepResult.Status.NON_FINITE;
      step.rows().forEach(this::spoil);
    } else {
      step.rows().forEach(row -> compute(row, result));
    }
    List<Integer> order = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      order.add(rank);
    }
    Collections.shuffle(order, random);
    for (int rank : order) {
      StepResult own = result;
      if (rank != samplingRank) {
        own = new StepResult();
        own.epoch = epoch;
        own.step = step.number();
        own.status = result.status;
      }
      scheduler.onResult(rank, own);
    }
  }

  private void compute(Row row, StepResult result) {
    int length = row.tokens().length;
    long[] chains = new long[length];
    long chain = row.start() == 0 ? 0 : kv[slot(row, row.start() - 1)];
    for (int i = 0; i < length; i++) {
      chain = link(chain, row.tokens()[i], row.start() + i);
      kv[slot(row, row.start() + i)] = chain;
      chains[i] = chain;
    }
    boolean all = row.kind() == SequenceStep.Logits.ALL;
    SequenceResult one = result.add();
    one.sequence = row.sequence();
    if (all) {
      one.reservePrompt(length, 0);
      for (int i = 0; i < length; i++) {
        one.promptLogprobs[i] = -(row.start() + i + 1);
      }
    }
    for (int i = length - row.sampledRows(); i < length; i++) {
      one.token = token(chains[i]);
      boolean guessed = i < length - 1 && one.token == row.tokens()[i + 1];
      if (!guessed) {
        return;
      }
      one = result.add();
      one.sequence = row.sequence();
    }
  }

  private void spoil(Row row) {
    for (int i = 0; i < row.tokens().length; i++) {
      kv[slot(row, row.start() + i)] = -1;
    }
  }

  private static boolean poisoned(Row row) {
    return Arrays.stream(row.tokens()).anyMatch(token -> token == POISON);
  }

  private int slot(Row row, int position) {
    assertThat(position / KvPool.PAGE_TOKENS).isLessThan(row.pages().length);
    return row.pages()[position / KvPool.PAGE_TOKENS] * KvPool.PAGE_TOKENS
        + position % KvPool.PAGE_TOKENS;
  }

  private static long link(long chain, int token, int position) {
    long mixed = (chain ^ token) * 0x9E3779B97F4A7C15L + position;
    return ((mixed ^ (mixed >>> 29)) & ~TOKEN_BITS) | token;
  }

  /** Goes round in small circles, which guesses can foresee, and leaves them now and then. */
  private static int token(long chain) {
    long hash = chain >>> Long.bitCount(TOKEN_BITS);
    boolean surprise = hash % 5 == 0;
    return (int) (surprise ? hash % VOCABULARY : ((chain & TOKEN_BITS) * 7 + 3) % 11);
  }
}
