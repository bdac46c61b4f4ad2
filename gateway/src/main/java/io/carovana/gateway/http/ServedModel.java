package io.carovana.gateway.http;

import io.carovana.protocol.v1.ClusterState;
import org.jspecify.annotations.Nullable;

/**
 * The model as clients see it.
 *
 * @param configuredName name set on this gateway; null for the coordinator's
 */
record ServedModel(@Nullable String configuredName) {
  private static final int DIGEST_CHARS = 16;

  String name(ClusterState cluster) {
    return configuredName == null ? cluster.getModelName() : configuredName;
  }

  /** What answers depend on besides the request: the model's bytes and the numerics. */
  String fingerprint(ClusterState cluster) {
    String digest = cluster.getModelDigest();
    return digest.substring(0, Math.min(DIGEST_CHARS, digest.length()))
        + "-"
        + cluster.getNumericsId();
  }
}
