package io.carovana.worker.reference;

import io.carovana.model.Numerics;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.shard.ShardPlan;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.RankLinks;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalLinks;
import io.carovana.worker.local.LocalOptions;
import io.carovana.worker.shard.CpuShard;
import io.carovana.worker.shard.LayerGate;
import io.carovana.worker.shard.LoadProgress;
import io.carovana.worker.shard.ShardLoader;
import io.carovana.worker.shard.ThreadTeam;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Logits themselves, which steps otherwise keep to themselves. */
final class RawLogits {
  private RawLogits() {}

  /** The logits of every row of a prompt, each {@code [vocabulary]}; of one stage. */
  static List<float[]> ofAllRows(ModelFiles files, LocalOptions options, int[] ids) {
    return run(files, options, ids, SequenceStep.Logits.ALL);
  }

  /** The logits of the last row of a prompt, {@code [vocabulary]}; of one stage. */
  static float[] ofLastRow(ModelFiles files, LocalOptions options, int[] ids) {
    return run(files, options, ids, SequenceStep.Logits.SAMPLED).getLast();
  }

  /** The {@code logits_digest} of an answer of one token taken from {@code logits}. */
  static String digest(float[] logits) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * logits.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(logits);
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(sha.digest(bytes.array())));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<float[]> run(
      ModelFiles files, LocalOptions options, int[] ids, SequenceStep.Logits wanted) {
    ShardPlan plan = LocalGenerator.plan(files.config(), options);
    List<CpuShard> shards =
        plan.ranks().stream()
            .map(
                rank ->
                    ShardLoader.load(
                        files,
                        plan,
                        rank,
                        LocalGenerator.shardOptions(options),
                        LoadProgress.SILENT))
            .toList();
    List<LocalLinks> links = LocalLinks.of(List.of(options.ranks()));
    CapturedLogits captured = new CapturedLogits(links.getFirst());
    try (ThreadTeam leaders = new ThreadTeam(options.ranks(), "rank")) {
      for (int start = 0; start < ids.length; start += options.prefillChunk()) {
        StepPlan step =
            chunk(ids, start, Math.min(options.prefillChunk(), ids.length - start), wanted);
        leaders.run(
            (rank, ranks) -> {
              RankLinks own = rank == 0 ? captured : links.get(rank);
              shards.get(rank).step(step, own, LayerGate.OPEN, new StepResult());
            });
      }
    } finally {
      shards.forEach(CpuShard::close);
    }
    return captured.rows();
  }

  private static StepPlan chunk(int[] ids, int start, int rows, SequenceStep.Logits wanted) {
    StepPlan plan = new StepPlan();
    plan.step = start + 1;
    SequenceStep entry = plan.add();
    int end = start + rows;
    entry.pageCount = (end + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
    entry.reserve(rows, entry.pageCount);
    entry.start = start;
    entry.rows = rows;
    System.arraycopy(ids, start, entry.tokens, 0, rows);
    for (int i = 0; i < entry.pageCount; i++) {
      entry.pages[i] = i;
    }
    boolean last = end == ids.length && wanted == SequenceStep.Logits.SAMPLED;
    entry.sampledRows = last ? 1 : 0;
    entry.logits = last || wanted == SequenceStep.Logits.ALL ? wanted : SequenceStep.Logits.NONE;
    return plan;
  }
}
