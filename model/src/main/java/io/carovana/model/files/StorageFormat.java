package io.carovana.model.files;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a whole checkpoint is stored, by the names people use: the float types of Hugging Face
 * folders, the mixtures that llama.cpp's quantizer writes to GGUF files of Llamas whose rows are
 * whole K-quant blocks (source: its {@code llama_tensor_get_type}), and 4-bit folders.
 */
public enum StorageFormat {
  /** Everything in binary32. */
  F32(WeightType.F32),
  /** Everything in binary16. */
  F16(WeightType.F16),
  /** Everything in bfloat16, as Code Llama is published. */
  BF16(WeightType.BF16),
  /** Every matrix in Q8_0. */
  Q8_0(WeightType.Q8_0),
  /** Every matrix in Q6_K. */
  Q6_K(WeightType.Q6_K),
  /** Q5_K with more bits for some value and down projections. */
  Q5_K_M(WeightType.Q5_K),
  /** Q4_K with more bits for some value and down projections. */
  Q4_K_M(WeightType.Q4_K),
  /** Q4_0, the logits projection in Q6_K. */
  Q4_0(WeightType.Q4_0),
  /** 4-bit codes with all zero points in the middle, groups of 128; the rest in binary16. */
  GPTQ(WeightType.F16),
  /** 4-bit codes with any zero points, groups of 128; the rest in binary16. */
  AWQ(WeightType.F16);

  /**
   * Layers from which llama.cpp takes a Llama for one of 70B, whose value projections are small.
   */
  private static final int LAYERS_OF_70B = 80;

  private final WeightType base;

  StorageFormat(WeightType base) {
    this.base = base;
  }

  /** The name in flags, such as {@code q4_k_m}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The format called {@code id} in either case, or null; {@code q4_k} is short for q4_k_m. */
  public static @Nullable StorageFormat ofId(String id) {
    String lower = id.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.id().equals(lower) || format.id().equals(lower + "_m"))
        .findFirst()
        .orElse(null);
  }

  /** All names. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(StorageFormat::id).toList();
  }

  /** The layout of the layers' matrices if they are 4-bit codes of three tensors each, or null. */
  @Nullable Int4Layout int4Layout() {
    return switch (this) {
      case GPTQ -> Int4Layout.GPTQ;
      case AWQ -> Int4Layout.AWQ;
      default -> null;
    };
  }

  /**
   * The type of one tensor, where it is not 4-bit codes of three tensors.
   *
   * @param layer its layer; counts only where {@link TensorPart#perLayer}
   * @param layers layers of the model
   */
  WeightType type(TensorPart part, int layer, int layers) {
    if (base.isFloat()) {
      return base;
    }
    if (part.isNorm()) {
      return WeightType.F32;
    }
    return switch (part) {
      case LM_HEAD -> base == WeightType.Q8_0 ? base : WeightType.Q6_K;
      case DOWN -> mixed() && hasMoreBits(layer, layers) ? WeightType.Q6_K : base;
      case VALUE -> value(layer, layers);
      default -> base;
    };
  }

  private WeightType value(int layer, int layers) {
    if (mixed() && hasMoreBits(layer, layers)) {
      return WeightType.Q6_K;
    }
    return layers == LAYERS_OF_70B && base == WeightType.Q4_K ? WeightType.Q5_K : base;
  }

  private boolean mixed() {
    return this == Q4_K_M || this == Q5_K_M;
  }

  /** The first and the last eighth of the layers, and every third between. */
  private static boolean hasMoreBits(int layer, int layers) {
    int eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
  }
}
