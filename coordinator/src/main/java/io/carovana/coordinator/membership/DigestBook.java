package io.carovana.coordinator.membership;

import com.google.protobuf.ByteString;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.SliceDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Digests of the weights as workers read them. The same block of the same tensor must have the same
 * digest wherever and whenever they were read.
 */
final class DigestBook {
  private record Key(String tensor, IntRange rows, IntRange columns) {}

  private record Entry(ByteString sha256, String node) {}

  private final Map<Key, Entry> entries = new HashMap<>();

  /** Takes in what a worker read, or says in words where it contradicts what is known. */
  Optional<String> enter(String node, List<SliceDigest> digests) {
    for (SliceDigest digest : digests) {
      Entry known = entries.get(key(digest));
      if (known != null && !known.sha256.equals(digest.getSha256())) {
        return Optional.of(
            "%s, rows %d to %d, differ from those on %s"
                .formatted(
                    digest.getTensor(),
                    digest.getRows().getStart(),
                    digest.getRows().getEnd() - 1,
                    known.node));
      }
    }
    for (SliceDigest digest : digests) {
      entries.putIfAbsent(key(digest), new Entry(digest.getSha256(), node));
    }
    return Optional.empty();
  }

  private static Key key(SliceDigest digest) {
    return new Key(digest.getTensor(), digest.getRows(), digest.getColumns());
  }
}
