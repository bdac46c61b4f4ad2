package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.shard.ShardPlan.Stage;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.protocol.step.StepResult.Status;
import io.carovana.transport.RankLinks;
import io.carovana.transport.TreeProgram;
import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.Rope;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A shard on this machine's processors. Everything is allocated when it is built; a step allocates
 * nothing. The caller of {@link #step} is the team's leader and does the communication; helpers
 * only compute.
 */
public final class CpuShard implements Shard {
  /** A running step and an urgent one between two of its layers. */
  private static final int DEPTHS = 2;

  private final ModelConfig config;
  private final RankShard shard;
  private final ShardWeights weights;
  private final Kernels kernels;
  private final ThreadTeam team;
  private final AttentionShape shape;
  private final RopeTable rope;
  private final long residentBytes;

  private final TreeProgram attentionProgram;
  private final TreeProgram ffnProgram;
  private final float[] nodes; // [own nodes][rows][hidden]
  private final float[] sum; // [rows][hidden]
  private final KvCache cache;
  private final AttentionLayer attention;
  private final FeedForwardLayer feedForward;
  private final @Nullable EmbeddingRows embedding;
  private final @Nullable LogitsHead head;
  private final StepRows[] depths = new StepRows[DEPTHS];
  private final Poison poison = new Poison();
  private int depth;
  private long nestedNs;
  private long nestedWaitNs;

  /** Allocates buffers and KV pool; starts the team. */
  CpuShard(
      ShardPlan plan,
      RankShard shard,
      ShardWeights weights,
      Kernels kernels,
      ShardOptions options) {
    this.config = plan.config();
    this.shard = shard;
    this.weights = weights;
    this.kernels = kernels;
    Stage stage = plan.stages().get(shard.stage());
    shape = new AttentionShape(shard.kvGroups().size(), config.headsPerKvHead(), config.headDim());
    rope =
        new RopeTable(
            new Rope(config.ropeTheta(), config.headDim()),
            Math.multiplyExact(options.kvPages(), Numerics.KV_PAGE_TOKENS));
    attentionProgram = TreePrograms.of(plan.attentionTree(), cuts(stage, RankShard::kvGroups));
    ffnProgram = TreePrograms.of(plan.ffnTree(), cuts(stage, RankShard::ffnLeaves));
    int maxRows = options.maxStepTokens();
    int hidden = config.hiddenSize();
    int mostNodes =
        Math.max(
            attentionProgram.nodesPerRank()[shard.tpRank()],
            ffnProgram.nodesPerRank()[shard.tpRank()]);
    nodes = new float[Math.multiplyExact(mostNodes, Math.multiplyExact(maxRows, hidden))];
    sum = new float[Math.multiplyExact(maxRows, hidden)];
    for (int d = 0; d < DEPTHS; d++) {
      depths[d] = new StepRows(maxRows, options.maxSequences(), options.kvPages(), hidden);
    }
    team = new ThreadTeam(options.threads(), options.name());
    Compute compute = new Compute(kernels, team, shape);
    List<LayerWeights> layers = weights.layers();
    KvProfile kv = options.precision().kv();
    cache = new KvCache(kv, shape, layers.size(), options.kvPages());
    boolean quantized =
        layers.stream().anyMatch(layer -> layer.attentionBlock() + layer.ffnBlock() > 0);
    Activations input = kernels.activations(maxRows, hidden, quantized);
    attention =
        new AttentionLayer(plan, shard, layers, compute, cache, rope, input, nodes, depths[0]);
    feedForward = new FeedForwardLayer(plan, shard, layers, compute, input, nodes, depths[0]);
    embedding =
        weights.embedding() == null
            ? null
            : new EmbeddingRows(stage, shard, weights.embedding(), maxRows);
    head =
        weights.lmHead() == null || weights.outputNorm() == null
            ? null
            : new LogitsHead(
                config,
                stage,
                shard.tpRank(),
                options.maxSequences(),
                compute,
                weights.outputNorm(),
                weights.lmHead());
    residentBytes = weights.bytes() + KvCache.bytes(kv, shape, layers.size(), options.kvPages());
  }

  private static List<Range> cuts(Stage stage, Function<RankShard, Range> part) {
    return stage.ranks().stream().map(part).toList();
  }

  @Override
  public void step(StepPlan plan, RankLinks links, LayerGate gate, StepResult result) {
    if (depth == DEPTHS) {
      throw new IllegalStateException("urgent steps do not nest in urgent steps");
    }
    long start = System.nanoTime();
    long waitedBefore = links.waitedNs();
    long outerNestedNs = nestedNs;
    long outerNestedWaitNs = nestedWaitNs;
    nestedNs = 0;
    nestedWaitNs = 0;
    result.clear();
    result.epoch = plan.epoch;
    result.step = plan.step;
    links.beginStep(plan.step);
    StepRows rows = depths[depth++];
    try {
      rows.fill(plan, config.vocabSize(), rope, shape);
      forward(rows, links, gate, result);
    } finally {
      poison.clear();
      depth--;
      links.endStep();
    }
    long elapsed = System.nanoTime() - start;
    long waited = links.waitedNs() - waitedBefore;
    result.waitNs = waited - nestedWaitNs;
    result.computeNs = elapsed - nestedNs - result.waitNs;
    nestedNs = outerNestedNs + elapsed;
    nestedWaitNs = outerNestedWaitNs + waited;
  }

  private void forward(StepRows rows, RankLinks links, LayerGate gate, StepResult result) {
    int elements = rows.rows * config.hiddenSize();
    if (embedding != null) {
      embedding.run(rows, links);
    } else if (!links.receiveFromPreviousStage(rows.hidden, elements)) {
      result.status = Status.ABORTED;
    }
    for (int i = 0; i < weights.layers().size() && result.status == Status.DONE; i++) {
      layer(i, rows, links, gate, result);
    }
    if (head == null) {
      links.sendToNextStage(rows.hidden, elements, result.status != Status.DONE);
    } else if (result.status == Status.DONE) {
      sample(rows, head, links, result);
    }
  }

  private void layer(int index, StepRows rows, RankLinks links, LayerGate gate, StepResult result) {
    int layer = shard.layers().start() + index;
    LayerWeights own = weights.layers().get(index);
    int elements = rows.rows * config.hiddenSize();
    try {
      attention.run(rows, index, own);
    } catch (NonFiniteException e) {
      poison.note(layer, "attention", e);
    }
    reduce(attentionProgram, rows, elements, links, layer, 0, result);
    if (result.status != Status.DONE) {
      return;
    }
    try {
      feedForward.run(rows, own);
    } catch (NonFiniteException e) {
      poison.note(layer, "feed-forward", e);
    }
    long agreed = reduce(ffnProgram, rows, elements, links, layer, gate.proposal(), result);
    if (result.status == Status.DONE && !gate.proceed(agreed)) {
      result.status = Status.ABORTED;
    }
  }

  /** Sums over the ranks and adds to the residual stream; all ranks see the same sum. */
  private long reduce(
      TreeProgram program,
      StepRows rows,
      int elements,
      RankLinks links,
      int layer,
      long control,
      StepResult result) {
    if (poison.found()) {
      poison.spread(nodes, program.nodesPerRank()[shard.tpRank()] * elements);
    }
    long agreed = links.allReduce(program, nodes, sum, elements, control);
    if (Poison.finite(sum, elements)) {
      kernels.add(rows.hidden, 0, sum, 0, elements);
    } else {
      result.status = Status.NON_FINITE;
      result.failure = poison.describe(layer);
    }
    return agreed;
  }

  private void sample(StepRows rows, LogitsHead head, RankLinks links, StepResult result) {
    try {
      head.run(rows, links, result);
    } catch (NonFiniteException e) {
      result.clear();
      result.status = Status.NON_FINITE;
      result.failure = "NaN or infinity in the logits (" + e.where() + ")";
    }
  }

  @Override
  public String kernel() {
    return kernels.name();
  }

  @Override
  public long progress() {
    return team.progress();
  }

  /**
   * Fills the KV cache with pseudo-random keys and values, so that steps at late positions can be
   * measured without computing all before; no step is running.
   */
  public void fillKvCache(long seed) {
    cache.fill(seed);
  }

  /** Digests of the slices it was loaded from, in the order of loading. */
  public List<SliceDigest> digests() {
    return weights.digests();
  }

  /** Bytes of weights and KV pool. */
  public long residentBytes() {
    return residentBytes;
  }

  @Override
  public void close() {
    team.close();
  }
}
