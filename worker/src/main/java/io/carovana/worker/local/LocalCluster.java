package io.carovana.worker.local;

import io.carovana.model.files.TensorReader;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.shard.ShardPlan.RankShard;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.worker.shard.CpuShard;
import io.carovana.worker.shard.LayerGate;
import io.carovana.worker.shard.LoadProgress;
import io.carovana.worker.shard.ShardLoader;
import io.carovana.worker.shard.ShardOptions;
import io.carovana.worker.shard.ThreadTeam;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * All ranks and stages of a model in one process: each rank has its own {@link CpuShard} and its
 * own leader thread (rank 0's is the caller's), linked by {@link LocalLinks}. One step at a time.
 */
public final class LocalCluster implements AutoCloseable {
  private final List<CpuShard> shards;
  private final List<LocalLinks> links;
  private final List<StepResult> results;
  private final ThreadTeam leaders;
  private final int samplingRank;

  private LocalCluster(List<CpuShard> shards, List<LocalLinks> links, int samplingRank) {
    this.shards = shards;
    this.links = links;
    this.results = shards.stream().map(shard -> new StepResult()).toList();
    this.samplingRank = samplingRank;
    this.leaders = new ThreadTeam(shards.size(), "rank");
  }

  /**
   * Loads every rank's shard.
   *
   * @param options how every rank is held
   * @param progress told the bytes of all ranks together
   */
  public static LocalCluster open(
      TensorReader files, ShardPlan plan, ShardOptions options, LoadProgress progress) {
    List<RankShard> ranks = plan.ranks();
    List<CpuShard> shards = new ArrayList<>();
    try {
      long total = 0;
      for (RankShard rank : ranks) {
        total += ShardLoader.fileBytes(files, rank);
      }
      long before = 0;
      for (RankShard rank : ranks) {
        long done = before;
        long all = total;
        shards.add(
            ShardLoader.load(
                files,
                plan,
                rank,
                options,
                (bytes, ignored) -> progress.loaded(done + bytes, all)));
        before += ShardLoader.fileBytes(files, rank);
      }
    } catch (RuntimeException | Error e) {
      shards.forEach(CpuShard::close);
      throw e;
    }
    List<LocalLinks> links =
        LocalLinks.of(plan.stages().stream().map(stage -> stage.ranks().size()).toList());
    int lastStage = plan.stages().getLast().ranks().size();
    return new LocalCluster(shards, links, ranks.size() - lastStage);
  }

  /** Runs a step on all ranks and returns the sampling rank's result, valid until the next. */
  public StepResult step(StepPlan plan) {
    return step(plan, rank -> LayerGate.OPEN);
  }

  /** Runs a step with a gate for every rank (numbered stage by stage). */
  public StepResult step(StepPlan plan, IntFunction<LayerGate> gates) {
    leaders.run(
        (rank, ranks) -> {
          try {
            shards.get(rank).step(plan, links.get(rank), gates.apply(rank), results.get(rank));
          } catch (RuntimeException | Error e) {
            links.get(rank).fail("rank " + rank + " failed: " + e.getMessage());
            throw e;
          }
        });
    return results.get(samplingRank);
  }

  /** Every rank's result of the last step, stage by stage. */
  public List<StepResult> results() {
    return results;
  }

  /** Every rank's shard, stage by stage. */
  public List<CpuShard> shards() {
    return shards;
  }

  /** Every rank's links, stage by stage. */
  public List<LocalLinks> links() {
    return links;
  }

  @Override
  public void close() {
    leaders.close();
    shards.forEach(CpuShard::close);
  }
}
