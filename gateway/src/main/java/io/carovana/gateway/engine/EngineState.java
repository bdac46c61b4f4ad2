package io.carovana.gateway.engine;

import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.v1.ClusterState;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the cluster.
 *
 * @param cluster the coordinator's last word; the default instance before the first
 * @param ageMs how long ago that was, ms; -1 before the first
 * @param lost why there is no coordinator, in words; null while there is one
 * @param text the model's tokenizer; null until it has arrived
 */
public record EngineState(
    ClusterState cluster, long ageMs, @Nullable String lost, @Nullable ModelText text) {
  /** Silence after which the last word is not believed any more, ms; it comes every second. */
  public static final long STALE_MS = 5_000;

  /** Age of the last real token up to which it proves that the epoch works, ms. */
  public static final long FRESH_TOKEN_MS = 30_000;

  /** Before any coordinator answered. */
  public static EngineState unknown(String reason) {
    return new EngineState(ClusterState.getDefaultInstance(), -1, reason, null);
  }

  /** Whether the coordinator has described a model. */
  public boolean modelKnown() {
    return !cluster.getModelDigest().isEmpty();
  }

  /** Why no request can be served now, in words; null if it can. */
  public @Nullable String whyNotServing() {
    if (lost != null) {
      return lost;
    }
    if (ageMs < 0 || ageMs > STALE_MS) {
      return "the coordinator has said nothing for " + Math.max(0, ageMs) + " ms";
    }
    if (!cluster.getServing()) {
      return cluster.getReason().isEmpty() ? "no placement is ready" : cluster.getReason();
    }
    return text == null ? "the tokenizer has not arrived yet" : null;
  }

  /**
   * Why a load balancer should send nothing here, in words; null if it should. Ready is more than
   * serving: this epoch has produced a real token lately, or passed its self-test.
   */
  public @Nullable String whyNotReady() {
    String reason = whyNotServing();
    if (reason != null) {
      return reason;
    }
    long age = cluster.getLastTokenAgeMs();
    boolean fresh = age >= 0 && age + ageMs <= FRESH_TOKEN_MS;
    return fresh || cluster.getSelfTestPassed()
        ? null
        : "epoch " + cluster.getEpoch() + " is loaded, its self-test is under way";
  }
}
