package io.carovana.worker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.Quantization;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.model.testing.SyntheticModel;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.ModelSpec;
import io.carovana.protocol.v1.Placement;
import io.carovana.protocol.v1.RankPlacement;
import io.carovana.worker.shard.LoadProgress;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardStoreTest {
  private static final ModelConfig CONFIG = SyntheticModel.TINY;
  private static final long SEED = 7;

  @TempDir Path folder = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void write() {
    model = SyntheticModel.gguf(folder.resolve("served.gguf"), CONFIG, WeightType.F32, SEED);
  }

  @Test
  void keepsAShardForAnEpochWithTheSameCut() throws Exception {
    try (ShardStore store = new ShardStore(model, 1)) {
      ShardStore.Loaded first = store.get(assign(1, 4), LoadProgress.SILENT);
      assertThat(store.get(assign(2, 4), LoadProgress.SILENT)).isSameAs(first);
    }
  }

  @Test
  void letsGoOfAShardBeforeItLoadsAnother() throws Exception {
    try (ShardStore store = new ShardStore(model, 1)) {
      WeakReference<Object> first = shard(store, assign(1, 4), LoadProgress.SILENT);
      AtomicBoolean looked = new AtomicBoolean();
      shard(store, assign(2, 5), (done, total) -> requireGone(first, looked));
      assertThat(looked).isTrue();
    }
  }

  @Test
  void letsGoOfAShardAlsoWhenTheNextAssignmentIsGivenUpForAnother() throws Exception {
    try (ShardStore store = new ShardStore(model, 1)) {
      WeakReference<Object> first = shard(store, assign(1, 4), LoadProgress.SILENT);
      assertThatThrownBy(
              () ->
                  store.get(
                      assign(2, 5),
                      (done, total) -> {
                        throw new CancellationException();
                      }))
          .isInstanceOf(CancellationException.class);
      AtomicBoolean looked = new AtomicBoolean();
      shard(store, assign(3, 6), (done, total) -> requireGone(first, looked));
      assertThat(looked).isTrue();
    }
  }

  @Test
  void saysThatAModelIsBrokenWhenNoCopyWouldBeBetter() throws Exception {
    Assign assign = assign(1, 4);
    poisonTheMiddle();
    try (ShardStore store = new ShardStore(model, 1)) {
      assertThatThrownBy(() -> store.get(assign, LoadProgress.SILENT))
          .isInstanceOf(ShardStore.RefusedException.class)
          .hasMessageContaining("NaN or infinite")
          .hasMessageContaining("the model itself is broken")
          .hasMessageNotContaining("--model");
    }
  }

  @Test
  void refusesAnotherModelWithWhatToCopy() throws Exception {
    Assign assign = assign(1, 4);
    Path other = folder.resolve("other.gguf");
    SyntheticModel.gguf(other, CONFIG, WeightType.F32, SEED + 1);
    try (ShardStore store = new ShardStore(other, 1)) {
      assertThatThrownBy(() -> store.get(assign, LoadProgress.SILENT))
          .isInstanceOf(ShardStore.RefusedException.class)
          .hasMessageContaining(other + " is another model")
          .hasMessageContaining("copy " + model);
    }
  }

  @Test
  void aShardWithItsKvCacheInAnotherPrecisionIsAnotherShard() throws Exception {
    try (ShardStore store = new ShardStore(model, 1)) {
      ShardStore.Loaded full = store.get(assign(1, 4), LoadProgress.SILENT);
      ShardStore.Loaded quarter = store.get(assign(2, 4, "q8"), LoadProgress.SILENT);
      assertThat(quarter).isNotSameAs(full);
      assertThat(quarter.shard().residentBytes()).isLessThan(full.shard().residentBytes());
    }
  }

  @Test
  void refusesAPrecisionItDoesNotKnowByName() {
    try (ShardStore store = new ShardStore(model, 1)) {
      assertThatThrownBy(() -> store.get(assign(1, 4, "q3"), LoadProgress.SILENT))
          .isInstanceOf(ShardStore.RefusedException.class)
          .hasMessageContaining("KV cache q3");
    }
  }

  /** Holds nothing itself: a frame of the caller would keep the shard alive. */
  private static WeakReference<Object> shard(ShardStore store, Assign assign, LoadProgress progress)
      throws Exception {
    return new WeakReference<>(store.get(assign, progress).shard());
  }

  private static void requireGone(WeakReference<Object> shard, AtomicBoolean looked) {
    if (looked.compareAndSet(false, true)) {
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                System.gc();
                return shard.refersTo(null);
              });
    }
  }

  /** Sets a weight that lies between the digest's probes. */
  private void poisonTheMiddle() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
      long middle = Files.size(model) / 2 / Float.BYTES * Float.BYTES;
      file.seek(middle);
      file.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    }
  }

  private Assign assign(long epoch, int kvPages) {
    return assign(epoch, kvPages, "f32");
  }

  private Assign assign(long epoch, int kvPages, String kv) {
    RankShard all = ShardPlan.even(CONFIG, 1, 1).ranks().getFirst();
    return Assign.newBuilder()
        .setPlacement(
            Placement.newBuilder()
                .setEpoch(epoch)
                .setStages(1)
                .setModel(
                    ModelSpec.newBuilder()
                        .setPath(model.toString())
                        .setDigest(LocalModel.at(model.toString()).digest())
                        .setQuantize(Quantization.NONE.id())
                        .setKvProfile(kv)
                        .setContext(64)
                        .setKvPages(kvPages)
                        .setMaxStepTokens(32)
                        .setMaxSequences(2))
                .addRanks(
                    RankPlacement.newBuilder()
                        .setLayers(range(all.layers()))
                        .setKvGroups(range(all.kvGroups()))
                        .setFfnLeaves(range(all.ffnLeaves()))
                        .setVocabRows(range(all.vocabRows()))))
        .build();
  }

  private static IntRange range(Range range) {
    return IntRange.newBuilder().setStart(range.start()).setEnd(range.end()).build();
  }
}
