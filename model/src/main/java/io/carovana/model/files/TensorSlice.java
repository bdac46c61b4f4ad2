package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.FfnLeaves;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan.RankShard;
import java.util.ArrayList;
import java.util.List;

/**
 * The block of one tensor that a rank needs; loader and memory arithmetic both take it from here.
 *
 * @param part which tensor
 * @param layer its layer, or {@link TensorInfo#NO_LAYER}
 * @param rows output rows
 * @param columns input columns, not yet rounded out to blocks
 */
public record TensorSlice(TensorPart part, int layer, Range rows, Range columns) {

  /** All slices of a rank in the order of use: embedding, layer by layer, output norm, lm_head. */
  public static List<TensorSlice> of(ModelConfig config, RankShard shard) {
    List<TensorSlice> slices = new ArrayList<>();
    if (shard.layers().start() == 0) {
      slices.add(of(config, shard, TensorPart.EMBEDDING, TensorInfo.NO_LAYER));
    }
    for (int layer = shard.layers().start(); layer < shard.layers().end(); layer++) {
      for (TensorPart part : TensorPart.values()) {
        if (part.perLayer()) {
          slices.add(of(config, shard, part, layer));
        }
      }
    }
    if (shard.layers().end() == config.layers()) {
      slices.add(of(config, shard, TensorPart.OUTPUT_NORM, TensorInfo.NO_LAYER));
      slices.add(of(config, shard, TensorPart.LM_HEAD, TensorInfo.NO_LAYER));
    }
    return List.copyOf(slices);
  }

  private static TensorSlice of(ModelConfig config, RankShard shard, TensorPart part, int layer) {
    Range allRows = new Range(0, part.rows(config));
    Range allColumns = new Range(0, part.columns(config));
    int headRows = config.headDim();
    int groupRows = config.headsPerKvHead() * headRows;
    FfnLeaves leaves = FfnLeaves.of(config.ffnSize(), config.kvHeads());
    return switch (part) {
      case EMBEDDING, LM_HEAD -> new TensorSlice(part, layer, shard.vocabRows(), allColumns);
      case ATTENTION_NORM, FFN_NORM, OUTPUT_NORM ->
          new TensorSlice(part, layer, allRows, allColumns);
      case QUERY -> new TensorSlice(part, layer, times(shard.kvGroups(), groupRows), allColumns);
      case KEY, VALUE ->
          new TensorSlice(part, layer, times(shard.kvGroups(), headRows), allColumns);
      case ATTENTION_OUTPUT ->
          new TensorSlice(part, layer, allRows, times(shard.kvGroups(), groupRows));
      case GATE, UP -> new TensorSlice(part, layer, leaves.columns(shard.ffnLeaves()), allColumns);
      case DOWN -> new TensorSlice(part, layer, allRows, leaves.columns(shard.ffnLeaves()));
    };
  }

  private static Range times(Range groups, int width) {
    return new Range(groups.start() * width, groups.end() * width);
  }
}
