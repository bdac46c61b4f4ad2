package io.carovana.model.quant;

import io.carovana.model.files.TensorPart;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --quantize} does to a checkpoint of floats while it is loaded. The seven matrices of
 * a layer take the chosen width; {@code lm_head} takes 8 bits in both modes, because its errors
 * reach the logits directly; the embedding (a lookup) and the norms stay as stored. Tensors that a
 * file already holds quantized are never quantized again.
 */
public enum Quantization {
  /** Weights as the file stores them. */
  NONE,
  /** 4-bit layers, 8-bit lm_head. */
  Q4,
  /** 8-bit layers and lm_head. */
  Q8;

  /** The name used in flags, placements and the numerics id. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The quantization called {@code id}, or null. */
  public static @Nullable Quantization ofId(String id) {
    for (Quantization quantization : values()) {
      if (quantization.id().equals(id)) {
        return quantization;
      }
    }
    return null;
  }

  /** This and what is narrower, widest first. */
  List<Quantization> narrowing() {
    return switch (this) {
      case NONE -> List.of(NONE, Q8, Q4);
      case Q8 -> List.of(Q8, Q4);
      case Q4 -> List.of(Q4);
    };
  }

  /** The width {@code part} is quantized to, or null where it stays as stored. */
  public @Nullable OwnBits bits(TensorPart part) {
    if (this == NONE || part.isNorm() || part == TensorPart.EMBEDDING) {
      return null;
    }
    return this == Q8 || part == TensorPart.LM_HEAD ? OwnBits.Q8 : OwnBits.Q4;
  }
}
