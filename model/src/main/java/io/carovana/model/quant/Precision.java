package io.carovana.model.quant;

import java.util.ArrayList;
import java.util.List;

/**
 * What a model is held in.
 *
 * @param weights what is done to float weights while they are loaded
 * @param kv how the KV cache holds keys and values
 */
public record Precision(Quantization weights, KvProfile kv) {
  /** Weights as the file stores them, KV cache as computed. */
  public static final Precision AS_STORED = new Precision(Quantization.NONE, KvProfile.F32);

  /**
   * What is no wider than this, this first: weights as they are with narrower keys and values, then
   * narrower weights likewise.
   */
  public List<Precision> narrowing() {
    List<Precision> narrower = new ArrayList<>();
    for (Quantization quantization : weights.narrowing()) {
      for (KvProfile profile : kv.narrowing()) {
        narrower.add(new Precision(quantization, profile));
      }
    }
    return List.copyOf(narrower);
  }

  /** The flags that turn {@code other} into this. */
  public List<String> flagsFrom(Precision other) {
    List<String> flags = new ArrayList<>();
    if (weights != other.weights) {
      flags.add("--quantize " + weights.id());
    }
    if (kv != other.kv) {
      flags.add("--kv " + kv.id());
    }
    return List.copyOf(flags);
  }
}
