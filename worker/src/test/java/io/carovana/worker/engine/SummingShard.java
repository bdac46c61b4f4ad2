package io.carovana.worker.engine;

import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.RankLinks;
import io.carovana.transport.TreeProgram;
import io.carovana.worker.shard.LayerGate;
import io.carovana.worker.shard.Shard;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A small deterministic shard that uses its links the way a real one does: rows are exchanged,
 * every layer ends in an all-reduce and a gate, stages hand over, the first rank of the last stage
 * gathers and "samples". What it samples depends on every rank's every contribution.
 */
class SummingShard implements Shard {
  static final int WIDTH = 8;

  private final int layers;
  private final int stage;
  private final int stages;
  private final AtomicLong progress = new AtomicLong();
  private int depth;

  /** Steps and layers in the order in which they ran: {@code step.layer}. */
  final List<String> trace = new CopyOnWriteArrayList<>();

  SummingShard(int layers, int stage, int stages) {
    this.layers = layers;
    this.stage = stage;
    this.stages = stages;
  }

  @Override
  public void step(StepPlan plan, RankLinks links, LayerGate gate, StepResult result) {
    if (++depth > 2) {
      throw new IllegalStateException("nested too deep");
    }
    result.clear();
    result.epoch = plan.epoch;
    result.step = plan.step;
    links.beginStep(plan.step);
    try {
      forward(plan, links, gate, result);
    } finally {
      links.endStep();
      depth--;
    }
  }

  private void forward(StepPlan plan, RankLinks links, LayerGate gate, StepResult result) {
    int rows = plan.rows();
    float[] hidden = new float[rows * WIDTH];
    boolean running = true;
    if (stage == 0) {
      embed(plan, links, hidden);
    } else {
      running = links.receiveFromPreviousStage(hidden, hidden.length);
    }
    for (int layer = 0; layer < layers && running; layer++) {
      trace.add(plan.step + "." + layer);
      work(plan, layer);
      progress.incrementAndGet();
      running = reduce(links, gate, hidden, layer);
    }
    result.status = running ? StepResult.Status.DONE : StepResult.Status.ABORTED;
    if (stage + 1 < stages) {
      links.sendToNextStage(hidden, hidden.length, !running);
    } else if (running) {
      sample(plan, links, hidden, result);
    }
  }

  /** Where a test may make a layer slow, or stop in it. */
  void work(StepPlan plan, int layer) {}

  private static void embed(StepPlan plan, RankLinks links, float[] hidden) {
    int[] owner = new int[plan.rows()];
    int row = 0;
    for (int i = 0; i < plan.size(); i++) {
      SequenceStep sequence = plan.get(i);
      for (int r = 0; r < sequence.rows; r++, row++) {
        owner[row] = sequence.tokens[r] % links.tpSize();
        if (owner[row] == links.tpRank()) {
          Arrays.fill(hidden, row * WIDTH, (row + 1) * WIDTH, sequence.tokens[r]);
        }
      }
    }
    links.exchangeRows(hidden, row, WIDTH, owner);
  }

  private boolean reduce(RankLinks links, LayerGate gate, float[] hidden, int layer) {
    float[] node = new float[hidden.length];
    for (int i = 0; i < hidden.length; i++) {
      node[i] = hidden[i] * (links.tpRank() + 1) + layer;
    }
    float[] sum = new float[hidden.length];
    long agreed =
        links.allReduce(program(links.tpSize()), node, sum, hidden.length, gate.proposal());
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = (hidden[i] + sum[i]) % 8191;
    }
    return gate.proceed(agreed);
  }

  private void sample(StepPlan plan, RankLinks links, float[] hidden, StepResult result) {
    int[] widths = new int[links.tpSize()];
    Arrays.fill(widths, 1);
    float[] local = new float[plan.size()];
    int row = 0;
    for (int i = 0; i < plan.size(); i++) {
      row += plan.get(i).rows;
      local[i] = hidden[row * WIDTH - 1] + links.tpRank();
    }
    float[] full = new float[plan.size() * links.tpSize()];
    links.gatherColumns(local, plan.size(), widths, full);
    if (links.tpRank() == 0) {
      for (int i = 0; i < plan.size(); i++) {
        float token = 0;
        for (int column = 0; column < links.tpSize(); column++) {
          token += full[i * links.tpSize() + column];
        }
        var entry = result.add();
        entry.sequence = plan.get(i).sequence;
        entry.token = (int) token;
      }
    }
  }

  private static TreeProgram program(int tpSize) {
    int[] nodes = new int[tpSize];
    Arrays.fill(nodes, 1);
    int[] postfix = new int[2 * tpSize - 1];
    for (int rank = 1; rank < tpSize; rank++) {
      postfix[2 * rank - 1] = rank;
      postfix[2 * rank] = TreeProgram.ADD;
    }
    return new TreeProgram(nodes, postfix);
  }

  @Override
  public String kernel() {
    return "summing";
  }

  @Override
  public long progress() {
    return progress.get();
  }

  @Override
  public void close() {}
}
