package io.carovana.model.quant;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the KV cache holds keys and values (docs/numerics.md, rule 7). */
public enum KvProfile {
  /** As computed. */
  F32,
  /** Rounded to bfloat16. */
  BF16,
  /** A byte per element and one f32 scale per head's key and per head's value. */
  Q8;

  /** Keys are stored in fours of dimensions; what is missing of the last four is padded. */
  public static final int KEY_DIMS = 4;

  private static final int CODE_MAX = 127;
  private static final int EXACT_IN_F32 = 1 << 24;

  /** The name used in flags, placements and the numerics id. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The profile called {@code id}, or null. */
  public static @Nullable KvProfile ofId(String id) {
    for (KvProfile profile : values()) {
      if (profile.id().equals(id)) {
        return profile;
      }
    }
    return null;
  }

  /** This and what is narrower, widest first. */
  List<KvProfile> narrowing() {
    return switch (this) {
      case F32 -> List.of(F32, BF16, Q8);
      case BF16 -> List.of(BF16, Q8);
      case Q8 -> List.of(Q8);
    };
  }

  /** Widest head whose scores are still exact whole numbers in f32. */
  public int maxHeadDim() {
    return this == Q8 ? (EXACT_IN_F32 - 1) / (CODE_MAX * CODE_MAX) : Integer.MAX_VALUE;
  }

  /** Bytes of one position's key and value of one head. */
  public long bytesPerHead(int headDim) {
    return switch (this) {
      case F32 -> 2L * Float.BYTES * headDim;
      case BF16 -> 2L * Short.BYTES * headDim;
      case Q8 -> (long) Math.ceilDiv(headDim, KEY_DIMS) * KEY_DIMS + headDim + 2L * Float.BYTES;
    };
  }
}
