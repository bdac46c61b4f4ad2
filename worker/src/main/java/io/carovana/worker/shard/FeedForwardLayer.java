package io.carovana.worker.shard;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.FfnLeaves;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.Panels;
import java.util.List;

/**
 * The feed-forward layer on this rank's columns: norm, gate and up, SiLU product, down projection
 * up to this rank's nodes. Buffers live as long as the shard and are free again at the end of a
 * layer, so a nested step may use them.
 */
final class FeedForwardLayer {
  private final ModelConfig config;
  private final Compute compute;
  private final Kernels kernels;
  private final LeafProgram leaves;
  private final int width;

  /** The normalized residual stream, {@code [rows][hidden]}. */
  private final Activations input;

  /** {@code silu(gate) * up}, {@code [rows][width]}. */
  private final Activations product;

  private final float[] gate; // [rows][width]
  private final float[] up; // [rows][width]
  private final float[] nodes; // [own nodes][rows][hidden]

  private final ThreadTeam.Work normalize = this::normalize;
  private final Compute.Unit expand = this::expand;
  private final ThreadTeam.Work quantizeProduct = this::quantizeProduct;
  private final Compute.Unit contract = this::contract;

  // what the running layer works on
  private StepRows rows;
  private LayerWeights weights;

  /**
   * Buffers for one rank.
   *
   * @param input shared with the attention layer
   * @param nodes likewise
   * @param rows any depth's
   */
  FeedForwardLayer(
      ShardPlan plan,
      RankShard shard,
      List<LayerWeights> layers,
      Compute compute,
      Activations input,
      float[] nodes,
      StepRows rows) {
    this.config = plan.config();
    this.compute = compute;
    this.kernels = compute.kernels();
    this.input = input;
    this.nodes = nodes;
    this.rows = rows;
    weights = layers.getFirst();
    leaves = leaves(plan, shard);
    layers.forEach(layer -> leaves.requireBlocks(layer.down().format()));
    width = leaves.columns();
    boolean quantized = layers.stream().anyMatch(layer -> layer.downBlock() != 0);
    product = kernels.activations(input.maxRows(), width, quantized);
    gate = new float[Math.multiplyExact(input.maxRows(), width)];
    up = new float[gate.length];
  }

  /** The feed-forward leaves of a rank. */
  static LeafProgram leaves(ShardPlan plan, RankShard shard) {
    FfnLeaves cut = plan.ffnLeaves();
    return LeafProgram.of(plan.ffnTree(), shard.ffnLeaves(), cut::boundary);
  }

  /** Computes this rank's nodes of the down projection. */
  void run(StepRows rows, LayerWeights weights) {
    this.rows = rows;
    this.weights = weights;
    compute.rowWise(rows.rows, normalize);
    compute.shared(weights.gate().count(), expand);
    if (weights.downBlock() > Panels.LANES) {
      compute.rowWise(rows.rows, quantizeProduct);
    }
    compute.shared(weights.down().count(), contract);
  }

  private void normalize(int member, int members) {
    int from = ThreadTeam.share(rows.rows, member, members);
    int to = ThreadTeam.share(rows.rows, member + 1, members);
    compute.normalize(rows.hidden, from, to, weights.ffnNorm(), config.rmsNormEps(), input, member);
    if (weights.ffnBlock() != 0) {
      kernels.quantize(input, weights.ffnBlock(), from, to);
    }
  }

  /** A panel of gate, the same of up, and their product; it is also quantized if it is a block. */
  private void expand(int panel, int member) {
    compute.multiply(weights.gate(), panel, input, rows.rows, gate, width, member);
    compute.multiply(weights.up(), panel, input, rows.rows, up, width, member);
    int first = panel * Panels.LANES;
    int columns = Math.min(Panels.LANES, width - first);
    for (int row = 0; row < rows.rows; row++) {
      int at = row * width + first;
      kernels.siluMultiply(gate, at, up, at, product.values(), at, columns);
    }
    if (weights.downBlock() == Panels.LANES) {
      kernels.quantize(product, Panels.LANES, 0, rows.rows, first, first + columns);
    }
  }

  /** Blocks of several panels: a unit of so many panels could not be shared out as evenly. */
  private void quantizeProduct(int member, int members) {
    int from = ThreadTeam.share(rows.rows, member, members);
    int to = ThreadTeam.share(rows.rows, member + 1, members);
    kernels.quantize(product, weights.downBlock(), from, to);
  }

  private void contract(int panel, int member) {
    compute.multiplyTree(weights.down(), panel, leaves, product, rows.rows, nodes, member);
  }
}
