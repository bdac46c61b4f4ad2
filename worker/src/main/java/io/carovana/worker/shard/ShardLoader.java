package io.carovana.worker.shard;

import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.worker.kernels.KernelProvider;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.Panels;
import io.carovana.worker.kernels.pack.PanelPacker;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Loads exactly the slices of one rank, packs them and makes the shard ready for its first step.
 */
public final class ShardLoader {
  /** Threads beyond the compute threads: so many may wait for the disk while all cores pack. */
  private static final int WAITING_THREADS = 1;

  /** A loaded slice: a norm or a matrix, and its digest. */
  @SuppressWarnings("ArrayRecordComponent") // weights are arrays everywhere
  private record Loaded(float @Nullable [] norm, @Nullable Panels matrix, SliceDigest digest) {}

  private final TensorReader files;
  private final ShardPlan plan;
  private final RankShard shard;
  private final ShardOptions options;

  private ShardLoader(TensorReader files, ShardPlan plan, RankShard shard, ShardOptions options) {
    this.files = files;
    this.plan = plan;
    this.shard = shard;
    this.options = options;
  }

  /**
   * Loads a rank's shard and warms it up.
   *
   * @param files the model
   * @param progress told what was read, by several threads but one at a time
   * @throws ModelException if the files cannot be read, hold NaN or infinity, or have a shape that
   *     their weight format does not suit
   */
  public static CpuShard load(
      TensorReader files,
      ShardPlan plan,
      RankShard shard,
      ShardOptions options,
      LoadProgress progress) {
    ShardWeights weights = weights(files, plan, shard, options, progress);
    CpuShard loaded =
        new CpuShard(plan, shard, weights, KernelProvider.select(options.kernel()), options);
    try {
      WarmUp.run(loaded, plan.config(), options);
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
    return loaded;
  }

  /** Loads a rank's weights only. */
  static ShardWeights weights(
      TensorReader files,
      ShardPlan plan,
      RankShard shard,
      ShardOptions options,
      LoadProgress progress) {
    ShardLoader loader = new ShardLoader(files, plan, shard, options);
    loader.requireWholeBlocks();
    return loader.weights(progress);
  }

  /** Bytes of the files that a rank reads. */
  public static long fileBytes(TensorReader files, RankShard shard) {
    return TensorSlice.of(files.config(), shard).stream()
        .mapToLong(slice -> fileBytes(files, slice))
        .sum();
  }

  private static long fileBytes(TensorReader files, TensorSlice slice) {
    return switch (files.tensor(slice.part(), slice.layer())) {
      case TensorInfo tensor -> SliceLoader.fileBytes(tensor, slice);
      case Int4Matrix matrix -> Int4SliceLoader.fileBytes(matrix, slice);
    };
  }

  /** Leaves cut matrices along k whatever the number of ranks; blocks must not straddle them. */
  private void requireWholeBlocks() {
    LeafProgram attention = AttentionLayer.leaves(plan, shard);
    LeafProgram ffn = FeedForwardLayer.leaves(plan, shard);
    for (int layer = shard.layers().start(); layer < shard.layers().end(); layer++) {
      requireWholeBlocks(files.tensor(TensorPart.ATTENTION_OUTPUT, layer), attention);
      requireWholeBlocks(files.tensor(TensorPart.DOWN, layer), ffn);
    }
  }

  private static void requireWholeBlocks(ModelTensor tensor, LeafProgram leaves) {
    try {
      if (tensor instanceof TensorInfo stored) {
        leaves.requireBlocks(PanelPacker.formatOf(stored.type()));
      }
    } catch (IllegalArgumentException e) {
      throw new ModelException.Unsupported(
          tensor.file(),
          tensor.name(),
          "stored as "
              + tensor.storedAs()
              + " cannot be cut into this model's head groups or feed-forward leaves: "
              + e.getMessage());
    }
  }

  private ShardWeights weights(LoadProgress progress) {
    List<TensorSlice> slices = TensorSlice.of(plan.config(), shard);
    long total = fileBytes(files, shard);
    AtomicLong done = new AtomicLong();
    LongConsumer read =
        bytes -> {
          synchronized (progress) {
            progress.loaded(done.addAndGet(bytes), total);
          }
        };
    Map<TensorSlice, Future<Loaded>> pending = new HashMap<>();
    try (ExecutorService executor =
        Executors.newFixedThreadPool(options.threads() + WAITING_THREADS)) {
      for (TensorSlice slice : slices) {
        pending.put(slice, executor.submit(() -> load(slice, read)));
      }
      try {
        return assemble(slices, pending);
      } catch (RuntimeException | Error e) {
        executor.shutdownNow();
        throw e;
      }
    }
  }

  private Loaded load(TensorSlice slice, LongConsumer read) {
    MeteredReader reader = new MeteredReader(files, read);
    return switch (files.tensor(slice.part(), slice.layer())) {
      case TensorInfo tensor -> load(new SliceLoader(reader, tensor, slice), slice.part());
      case Int4Matrix matrix -> {
        Int4SliceLoader loader = new Int4SliceLoader(reader, matrix, slice);
        Panels panels = loader.matrix(options.precision().weights());
        yield new Loaded(null, panels, loader.digest());
      }
    };
  }

  private Loaded load(SliceLoader loader, TensorPart part) {
    float[] norm = part.isNorm() ? loader.norm() : null;
    Panels matrix = norm == null ? loader.matrix(options.precision().weights()) : null;
    return new Loaded(norm, matrix, loader.digest());
  }

  private ShardWeights assemble(
      List<TensorSlice> slices, Map<TensorSlice, Future<Loaded>> pending) {
    List<SliceDigest> digests = new ArrayList<>();
    Map<Integer, Map<TensorPart, Loaded>> parts = new HashMap<>();
    for (TensorSlice slice : slices) {
      Loaded loaded = await(pending.get(slice));
      digests.add(loaded.digest());
      parts
          .computeIfAbsent(slice.layer(), layer -> new EnumMap<>(TensorPart.class))
          .put(slice.part(), loaded);
    }
    List<LayerWeights> layers = new ArrayList<>();
    for (int layer = shard.layers().start(); layer < shard.layers().end(); layer++) {
      layers.add(layer(parts.getOrDefault(layer, Map.of())));
    }
    Map<TensorPart, Loaded> outside = parts.getOrDefault(TensorInfo.NO_LAYER, Map.of());
    Loaded embedding = outside.get(TensorPart.EMBEDDING);
    Loaded outputNorm = outside.get(TensorPart.OUTPUT_NORM);
    Loaded lmHead = outside.get(TensorPart.LM_HEAD);
    return new ShardWeights(
        embedding == null ? null : embedding.matrix(),
        layers,
        outputNorm == null ? null : outputNorm.norm(),
        lmHead == null ? null : lmHead.matrix(),
        digests);
  }

  private static LayerWeights layer(Map<TensorPart, Loaded> parts) {
    return new LayerWeights(
        norm(parts, TensorPart.ATTENTION_NORM),
        matrix(parts, TensorPart.QUERY),
        matrix(parts, TensorPart.KEY),
        matrix(parts, TensorPart.VALUE),
        matrix(parts, TensorPart.ATTENTION_OUTPUT),
        norm(parts, TensorPart.FFN_NORM),
        matrix(parts, TensorPart.GATE),
        matrix(parts, TensorPart.UP),
        matrix(parts, TensorPart.DOWN));
  }

  private static float[] norm(Map<TensorPart, Loaded> parts, TensorPart part) {
    Loaded loaded = parts.get(part);
    if (loaded == null || loaded.norm() == null) {
      throw new IllegalStateException("no slice of " + part);
    }
    return loaded.norm();
  }

  private static Panels matrix(Map<TensorPart, Loaded> parts, TensorPart part) {
    Loaded loaded = parts.get(part);
    if (loaded == null || loaded.matrix() == null) {
      throw new IllegalStateException("no slice of " + part);
    }
    return loaded.matrix();
  }

  private static Loaded await(@Nullable Future<Loaded> future) {
    if (future == null) {
      throw new IllegalStateException("a slice was not submitted");
    }
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("loading failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loading", e);
    }
  }
}
