package io.carovana.model.files;

import org.jspecify.annotations.Nullable;

/**
 * How a tensor's elements are stored. Rows are whole numbers of blocks; a block holds {@link
 * #blockElements} weights in {@link #blockBytes} bytes. Layouts: the GGUF specification and ggml's
 * block structures; the float types are little-endian.
 */
public enum WeightType {
  /** IEEE binary32. */
  F32(0, 1, 4),
  /** IEEE binary16. */
  F16(1, 1, 2),
  /** The upper half of a binary32. */
  BF16(30, 1, 2),
  /** f16 scale, then 32 four-bit codes with a fixed offset of 8. */
  Q4_0(2, 32, 18),
  /** f16 scale, then 32 signed bytes. */
  Q8_0(8, 32, 34),
  /** Two f16 super-scales, eight 6-bit scales and minima, 256 four-bit codes. */
  Q4_K(12, 256, 144),
  /** As {@link #Q4_K} with a fifth bit per code. */
  Q5_K(13, 256, 176),
  /** 256 six-bit codes with an offset of 32, sixteen int8 scales, f16 super-scale. */
  Q6_K(14, 256, 210),
  /** Words of eight 4-bit codes or zero points, see {@link Int4Matrix}; only in safetensors. */
  I32(WeightType.NOT_IN_GGUF, 1, 4);

  private static final int NOT_IN_GGUF = -1;

  /** ggml's names of all types by id, to refuse the others by name. */
  private static final String[] GGML_NAMES = {
    "F32",
    "F16",
    "Q4_0",
    "Q4_1",
    "Q4_2",
    "Q4_3",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q8_1",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "Q8_K",
    "IQ2_XXS",
    "IQ2_XS",
    "IQ3_XXS",
    "IQ1_S",
    "IQ4_NL",
    "IQ3_S",
    "IQ2_S",
    "IQ4_XS",
    "I8",
    "I16",
    "I32",
    "I64",
    "F64",
    "IQ1_M",
    "BF16",
    "Q4_0_4_4",
    "Q4_0_4_8",
    "Q4_0_8_8",
    "TQ1_0",
    "TQ2_0",
    "IQ4_NL_4_4",
    "IQ4_NL_4_8",
    "IQ4_NL_8_8",
    "MXFP4",
    "NVFP4"
  };

  private final int ggmlId;
  private final int blockElements;
  private final int blockBytes;

  WeightType(int ggmlId, int blockElements, int blockBytes) {
    this.ggmlId = ggmlId;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The type's number in a GGUF tensor table, negative for one that GGUF files do not have. */
  public int ggmlId() {
    return ggmlId;
  }

  /** Weights in one block. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of one block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether elements are plain floats. */
  public boolean isFloat() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * Bytes of {@code columns} neighbouring weights of one row.
   *
   * @throws IllegalArgumentException if that is not a whole number of blocks
   * @throws ArithmeticException if the number does not fit a long
   */
  public long rowBytes(long columns) {
    if (columns < 0 || columns % blockElements != 0) {
      throw new IllegalArgumentException(
          columns + " columns are not a whole number of " + this + " blocks of " + blockElements);
    }
    return Math.multiplyExact(columns / blockElements, blockBytes);
  }

  /** The type with ggml's number {@code id}, or null if Carovana does not read it. */
  public static @Nullable WeightType ofGgml(int id) {
    for (WeightType type : values()) {
      if (type.ggmlId == id && id != NOT_IN_GGUF) {
        return type;
      }
    }
    return null;
  }

  /** ggml's name of type {@code id}, also of those that Carovana does not read. */
  public static String ggmlName(int id) {
    return id >= 0 && id < GGML_NAMES.length
        ? GGML_NAMES[id]
        : "number " + Integer.toUnsignedString(id);
  }

  /** The type that safetensors calls {@code dtype}, or null for any that is not read. */
  public static @Nullable WeightType ofSafetensors(String dtype) {
    return switch (dtype) {
      case "F32" -> F32;
      case "F16" -> F16;
      case "BF16" -> BF16;
      case "I32" -> I32;
      default -> null;
    };
  }
}
