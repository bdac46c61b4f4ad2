package io.carovana.worker.shard;

import io.carovana.model.Numerics;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.KvView;
import io.carovana.worker.kernels.LeafProgram;
import java.util.List;

/**
 * Attention on this rank's heads: norm, q, k, v, rotation, KV store, attention over the block
 * table, output projection up to this rank's nodes. Buffers live as long as the shard and are free
 * again at the end of a layer, so a nested step may use them.
 */
final class AttentionLayer {
  private final ModelConfig config;
  private final Compute compute;
  private final Kernels kernels;
  private final KvCache cache;
  private final RopeTable rope;
  private final LeafProgram leaves;
  private final int kvHeads;
  private final int queryWidth;
  private final int kvWidth;

  /** The normalized residual stream, {@code [rows][hidden]}. */
  private final Activations input;

  /** What the heads give, {@code [rows][queryWidth]}. */
  private final Activations mixed;

  private final float[] query; // [rows][queryWidth]
  private final float[] key; // [rows][kvWidth]
  private final float[] value; // [rows][kvWidth]
  private final float[] nodes; // [own nodes][rows][hidden]

  private final ThreadTeam.Work normalize = this::normalize;
  private final Compute.Unit project = this::project;
  private final ThreadTeam.Work rotateAndStore = this::rotateAndStore;
  private final Compute.Unit attend = this::attend;
  private final Compute.Unit output = this::output;

  // what the running layer works on
  private StepRows rows;
  private LayerWeights weights;
  private KvView pages;

  /**
   * Buffers for one rank.
   *
   * @param input shared with the feed-forward layer
   * @param nodes likewise
   * @param rows any depth's
   */
  AttentionLayer(
      ShardPlan plan,
      RankShard shard,
      List<LayerWeights> layers,
      Compute compute,
      KvCache cache,
      RopeTable rope,
      Activations input,
      float[] nodes,
      StepRows rows) {
    this.config = plan.config();
    this.compute = compute;
    this.kernels = compute.kernels();
    this.cache = cache;
    this.rope = rope;
    this.input = input;
    this.nodes = nodes;
    this.rows = rows;
    weights = layers.getFirst();
    pages = cache.layer(0);
    leaves = leaves(plan, shard);
    layers.forEach(layer -> leaves.requireBlocks(layer.attentionOutput().format()));
    kvHeads = shard.kvGroups().size();
    kvWidth = kvHeads * config.headDim();
    queryWidth = kvWidth * config.headsPerKvHead();
    int maxRows = input.maxRows();
    boolean quantized = layers.stream().anyMatch(layer -> layer.outputBlock() != 0);
    mixed = kernels.activations(maxRows, queryWidth, quantized);
    query = new float[Math.multiplyExact(maxRows, queryWidth)];
    key = new float[Math.multiplyExact(maxRows, kvWidth)];
    value = new float[key.length];
  }

  /** The leaves of a rank's attention output: its KV-head groups. */
  static LeafProgram leaves(ShardPlan plan, RankShard shard) {
    int groupWidth = plan.config().headsPerKvHead() * plan.config().headDim();
    return LeafProgram.of(plan.attentionTree(), shard.kvGroups(), leaf -> leaf * groupWidth);
  }

  /**
   * Computes this rank's nodes of the attention output.
   *
   * @param layer counted from the first of this stage
   */
  void run(StepRows rows, int layer, LayerWeights weights) {
    this.rows = rows;
    this.weights = weights;
    pages = cache.layer(layer);
    compute.rowWise(rows.rows, normalize);
    int keyPanels = weights.key().count();
    compute.shared(weights.query().count() + 2 * keyPanels, project);
    compute.rowWise(rows.rows, rotateAndStore);
    compute.shared(rows.chunks.count() * kvHeads, attend);
    compute.shared(weights.attentionOutput().count(), output);
  }

  private void normalize(int member, int members) {
    int from = ThreadTeam.share(rows.rows, member, members);
    int to = ThreadTeam.share(rows.rows, member + 1, members);
    compute.normalize(
        rows.hidden, from, to, weights.attentionNorm(), config.rmsNormEps(), input, member);
    if (weights.attentionBlock() != 0) {
      kernels.quantize(input, weights.attentionBlock(), from, to);
    }
  }

  /** One panel of q, of k or of v. */
  private void project(int unit, int member) {
    int queryPanels = weights.query().count();
    int keyPanels = weights.key().count();
    if (unit < queryPanels) {
      compute.multiply(weights.query(), unit, input, rows.rows, query, queryWidth, member);
    } else if (unit < queryPanels + keyPanels) {
      int panel = unit - queryPanels;
      compute.multiply(weights.key(), panel, input, rows.rows, key, kvWidth, member);
    } else {
      int panel = unit - queryPanels - keyPanels;
      compute.multiply(weights.value(), panel, input, rows.rows, value, kvWidth, member);
    }
  }

  private void rotateAndStore(int member, int members) {
    int from = ThreadTeam.share(rows.rows, member, members);
    int to = ThreadTeam.share(rows.rows, member + 1, members);
    int headDim = config.headDim();
    int heads = kvHeads * config.headsPerKvHead();
    for (int row = from; row < to; row++) {
      int position = rows.position[row];
      float[] cos = rope.cos(position);
      float[] sin = rope.sin(position);
      int at = rope.offset(position);
      kernels.rotate(query, row * queryWidth, heads, headDim, cos, sin, at);
      kernels.rotate(key, row * kvWidth, kvHeads, headDim, cos, sin, at);
      store(row);
    }
    compute.team().tick(member);
  }

  private void store(int row) {
    int position = rows.position[row];
    SequenceStep entry = rows.plan.get(rows.sequence[row]);
    int page = entry.pages[position / Numerics.KV_PAGE_TOKENS];
    int slot = position % Numerics.KV_PAGE_TOKENS;
    pages.store(page, slot, key, row * kvWidth, value, row * kvWidth);
  }

  /** One KV head of one piece of a sequence, ready for the next matrix. */
  private void attend(int unit, int member) {
    AttentionChunks chunks = rows.chunks;
    int chunk = unit / kvHeads;
    int head = unit % kvHeads;
    SequenceStep entry = rows.plan.get(chunks.sequence(chunk));
    int row = rows.firstRow[chunks.sequence(chunk)] + chunks.row(chunk);
    int at = row * queryWidth;
    kernels.attention(
        pages,
        entry.pages,
        0,
        head,
        query,
        at,
        queryWidth,
        chunks.rows(chunk),
        entry.start + chunks.row(chunk),
        mixed.values(),
        at,
        queryWidth,
        compute.scratch(member));
    if (weights.outputBlock() != 0) {
      int width = queryWidth / kvHeads;
      int end = row + chunks.rows(chunk);
      kernels.quantize(mixed, weights.outputBlock(), row, end, head * width, (head + 1) * width);
    }
  }

  private void output(int panel, int member) {
    compute.multiplyTree(weights.attentionOutput(), panel, leaves, mixed, rows.rows, nodes, member);
  }
}
