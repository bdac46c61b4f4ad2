package io.carovana.worker.control;

import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.ByteSize;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.ModelSpec;
import io.carovana.worker.kernels.KernelProvider;
import io.carovana.worker.shard.CpuShard;
import io.carovana.worker.shard.LoadProgress;
import io.carovana.worker.shard.ShardLoader;
import io.carovana.worker.shard.ShardOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads shards and keeps the last one, so that an epoch that asks for the same cut of the same
 * model finds it loaded. One thread calls it.
 */
final class ShardStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardStore.class);

  /** A loaded shard and how wide the model is. */
  record Loaded(AssignedShard.Key key, CpuShard shard, int hiddenSize) {}

  /** The model cannot be used here; the failure says what to do. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Failure failure;

    RefusedException(Failure failure) {
      super(failure.message());
      this.failure = failure;
    }

    Failure failure() {
      return failure;
    }
  }

  /** Enough for the kernels to be compiled; a rank is not ready before. */
  private static final int WARM_UP_MS = KernelProvider.machineCodeRunsHere() ? 150 : 500;

  private final @Nullable Path ownModel;
  private final int threads;
  private @Nullable Loaded loaded;

  /**
   * @param ownModel where this machine has the model; null for the coordinator's path
   * @param threads compute threads
   */
  ShardStore(@Nullable Path ownModel, int threads) {
    this.ownModel = ownModel;
    this.threads = threads;
  }

  /**
   * The shard an assignment asks for, loaded and warm.
   *
   * @param progress told what was read; may throw to give up
   */
  Loaded get(Assign assign, LoadProgress progress) throws RefusedException {
    AssignedShard.Key key = AssignedShard.key(assign);
    Loaded fitting = kept(key);
    if (fitting != null) {
      LOG.info("the shard is loaded already");
      return fitting;
    }
    close();
    Loaded fresh = load(assign, key, progress);
    loaded = fresh;
    return fresh;
  }

  /**
   * What is kept, if it fits. Nothing on the stack may name a shard that does not, or it would stay
   * in memory while its successor is loaded.
   */
  private @Nullable Loaded kept(AssignedShard.Key key) {
    Loaded kept = loaded;
    return kept != null && kept.key().equals(key) ? kept : null;
  }

  /** Frees what is kept. */
  @Override
  public void close() {
    Loaded kept = loaded;
    loaded = null;
    if (kept != null) {
      kept.shard().close();
    }
  }

  private Loaded load(Assign assign, AssignedShard.Key key, LoadProgress progress)
      throws RefusedException {
    ModelSpec spec = assign.getPlacement().getModel();
    String path = ownModel == null ? spec.getPath() : ownModel.toString();
    try (ModelFiles files = open(path, spec)) {
      ShardPlan plan = AssignedShard.plan(files.config(), assign.getPlacement());
      CpuShard shard =
          ShardLoader.load(
              files, plan, plan.ranks().get(assign.getRank()), options(spec, assign), progress);
      return new Loaded(key, shard, files.config().hiddenSize());
    } catch (ModelException e) {
      throw new RefusedException(new Failure.ModelRefused(describe(e, spec)));
    } catch (IllegalArgumentException e) {
      throw new RefusedException(new Failure.ModelRefused(String.valueOf(e.getMessage())));
    } catch (OutOfMemoryError e) {
      throw new RefusedException(noMemory());
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        throw new RefusedException(noMemory());
      }
      throw e;
    }
  }

  private static Failure noMemory() {
    return new Failure.DoesNotFit(
        "this process has no memory for its shard (heap of "
            + ByteSize.format(Runtime.getRuntime().maxMemory())
            + "): start it with a larger heap, or lower --context or --memory");
  }

  /** Opens the model if it is still the one that is served. */
  private static ModelFiles open(String path, ModelSpec spec) throws RefusedException {
    LocalModel found = LocalModel.at(path);
    Optional<Failure> refusal = found.refusal(spec.getPath(), spec.getDigest());
    if (refusal.isPresent()) {
      throw new RefusedException(refusal.get());
    }
    return ModelFiles.open(path);
  }

  /** What is wrong with a file whose digest is the coordinator's: no copy of it would be better. */
  private static String describe(ModelException e, ModelSpec spec) {
    return e instanceof ModelException.Malformed
        ? e.getMessage()
            + "; by its digest this is the model that the coordinator serves ("
            + spec.getPath()
            + "), so the model itself is broken: get it anew"
        : String.valueOf(e.getMessage());
  }

  private ShardOptions options(ModelSpec spec, Assign assign) {
    Quantization quantization = Quantization.ofId(spec.getQuantize());
    KvProfile kv = KvProfile.ofId(spec.getKvProfile());
    if (quantization == null || kv == null) {
      throw new IllegalArgumentException(
          "this worker knows no quantization "
              + spec.getQuantize()
              + " with KV cache "
              + spec.getKvProfile());
    }
    return new ShardOptions(
        threads,
        spec.getKvPages(),
        spec.getMaxStepTokens(),
        spec.getMaxSequences(),
        new Precision(quantization, kv),
        "auto",
        WARM_UP_MS,
        "rank-" + assign.getRank());
  }
}
