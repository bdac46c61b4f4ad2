package io.carovana.model.testing;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.WeightType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes Hugging Face folders of 4-bit GPTQ and AWQ matrices, nibble by nibble, and knows the
 * weights they mean. Embedding, norms and lm_head are random f16.
 */
public final class Int4Checkpoint {
  /** AutoAWQ's order: nibble i of a word holds output {@code AWQ_ORDER[i]} of eight. */
  private static final int[] AWQ_ORDER = {0, 2, 4, 6, 1, 3, 5, 7};

  /** A stored tensor. */
  public record Stored(String dtype, byte[] bytes, long... shape) {}

  /**
   * One matrix.
   *
   * @param codes {@code [rows][columns]}, 0 to 15
   * @param zeros {@code [groups][rows]}, zero points
   * @param scales {@code [groups][rows]}, f16 bits
   */
  public record Matrix(byte[][] codes, byte[][] zeros, short[][] scales) {
    /** The weight that is meant, exact in f32. */
    public float weight(int group, int row, int column) {
      int g = column / group;
      return Float.float16ToFloat(scales[g][row]) * (codes[row][column] - zeros[g][row]);
    }
  }

  /** Gives the matrices of a checkpoint. */
  @FunctionalInterface
  public interface Matrices {
    /** The matrix of a part of a layer. */
    Matrix of(TensorPart part, int layer);
  }

  private final ModelConfig config;
  private final Int4Layout layout;
  private final int groupSize;
  private final Matrices matrices;
  private final RandomWeights others;

  /**
   * A checkpoint of given matrices.
   *
   * @param groupSize as the config states it, -1 for one group of all inputs
   */
  public Int4Checkpoint(
      ModelConfig config, Int4Layout layout, int groupSize, long seed, Matrices matrices) {
    this.config = config;
    this.layout = layout;
    this.groupSize = groupSize;
    this.matrices = matrices;
    this.others = new RandomWeights(seed);
  }

  /** A checkpoint of random matrices; the same arguments give the same bytes. */
  public static Int4Checkpoint random(
      ModelConfig config, Int4Layout layout, int groupSize, boolean symmetric, long seed) {
    return new Int4Checkpoint(
        config,
        layout,
        groupSize,
        seed,
        (part, layer) -> randomMatrix(config, layout, groupSize, symmetric, seed, part, layer));
  }

  private static Matrix randomMatrix(
      ModelConfig config,
      Int4Layout layout,
      int groupSize,
      boolean symmetric,
      long seed,
      TensorPart part,
      int layer) {
    int rows = part.rows(config);
    int columns = part.columns(config);
    int groups = groupSize == -1 ? 1 : Math.ceilDiv(columns, groupSize);
    SplittableRandom random = new SplittableRandom(seed * 31 + part.ordinal() * 1009L + layer);
    Matrix matrix =
        new Matrix(new byte[rows][columns], new byte[groups][rows], new short[groups][rows]);
    for (byte[] row : matrix.codes()) {
      for (int k = 0; k < columns; k++) {
        row[k] = (byte) random.nextInt(16);
      }
    }
    int leastZero = layout == Int4Layout.GPTQ ? 1 : 0;
    float deviation = (float) (1 / Math.sqrt(columns)) / 4.6f;
    for (int g = 0; g < groups; g++) {
      for (int row = 0; row < rows; row++) {
        matrix.zeros()[g][row] = (byte) (symmetric ? 8 : random.nextInt(leastZero, 16));
        float scale = deviation * (0.5f + random.nextFloat());
        matrix.scales()[g][row] = Float.floatToFloat16(random.nextInt(4) == 0 ? -scale : scale);
      }
    }
    return matrix;
  }

  /** The matrix of a part. */
  public Matrix matrix(TensorPart part, int layer) {
    return matrices.of(part, layer);
  }

  /** The weight that is meant, exact in f32. */
  public float weight(Matrix matrix, int row, int column) {
    return matrix.weight(groupSize == -1 ? matrix.codes()[0].length : groupSize, row, column);
  }

  /** Writes the checkpoint; returns {@code folder}. */
  public Path write(Path folder) {
    return write(folder, configJson(), tensors());
  }

  /** Writes a folder of any config and tensors, also wrong ones; returns {@code folder}. */
  public static Path write(Path folder, String configJson, Map<String, Stored> tensors) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), configJson);
      Files.copy(
          DemoTokenizer.file(),
          folder.resolve("tokenizer.model"),
          StandardCopyOption.REPLACE_EXISTING);
      SafetensorsWriter out = new SafetensorsWriter();
      tensors.forEach(
          (name, tensor) -> out.tensor(name, tensor.dtype(), tensor.bytes(), tensor.shape()));
      out.write(folder.resolve("model.safetensors"));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the same weights as plain f32; returns {@code folder}. */
  public Path writeDequantized(Path folder) {
    Map<String, Stored> tensors = new LinkedHashMap<>();
    forEachTensor(
        (part, layer) -> {
          String name = part.huggingFaceName(layer);
          if (isQuantized(part)) {
            tensors.put(name, dequantized(matrix(part, layer)));
          } else {
            tensors.put(name, plain(part, layer));
          }
        });
    return write(folder, SyntheticModel.configJson(config), tensors);
  }

  /** The config with its {@code quantization_config}. */
  public String configJson() {
    return withQuantization(quantizationJson());
  }

  /** The config with any {@code quantization_config}. */
  public String withQuantization(String quantizationJson) {
    String plain = SyntheticModel.configJson(config).strip();
    return plain.substring(0, plain.length() - 1)
        + ", \"quantization_config\": "
        + quantizationJson
        + "}";
  }

  /** The {@code quantization_config}. */
  public String quantizationJson() {
    return switch (layout) {
      case GPTQ, GPTQ_V2 ->
          """
          {"quant_method": "gptq", "bits": 4, "group_size": %d, "desc_act": false, "sym": true,
           "checkpoint_format": "%s"}"""
              .formatted(groupSize, layout.name().toLowerCase(Locale.ROOT));
      case AWQ ->
          """
          {"quant_method": "awq", "bits": 4, "group_size": %d, "zero_point": true,
           "version": "gemm"}"""
              .formatted(groupSize);
    };
  }

  /** All tensors as stored, in a map to change at will. */
  public Map<String, Stored> tensors() {
    Map<String, Stored> tensors = new LinkedHashMap<>();
    forEachTensor(
        (part, layer) -> {
          if (isQuantized(part)) {
            putMatrix(tensors, part, layer);
          } else {
            tensors.put(part.huggingFaceName(layer), plain(part, layer));
          }
        });
    return tensors;
  }

  @FunctionalInterface
  private interface TensorVisitor {
    void visit(TensorPart part, int layer);
  }

  private void forEachTensor(TensorVisitor visitor) {
    for (TensorPart part : TensorPart.values()) {
      for (int layer = 0; layer < (part.perLayer() ? config.layers() : 1); layer++) {
        visitor.visit(part, part.perLayer() ? layer : TensorInfo.NO_LAYER);
      }
    }
  }

  private static boolean isQuantized(TensorPart part) {
    return part.isProjection() && part.perLayer();
  }

  private Stored plain(TensorPart part, int layer) {
    int rows = part.rows(config);
    int columns = part.columns(config);
    byte[] bytes = others.bytes(part, layer, WeightType.F16, rows, columns);
    return part.isNorm()
        ? new Stored("F16", bytes, columns)
        : new Stored("F16", bytes, rows, columns);
  }

  private Stored dequantized(Matrix matrix) {
    int rows = matrix.codes().length;
    int columns = matrix.codes()[0].length;
    ByteBuffer out = buffer(rows * columns * Float.BYTES);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        out.putFloat(weight(matrix, row, column));
      }
    }
    return new Stored("F32", out.array(), rows, columns);
  }

  private void putMatrix(Map<String, Stored> tensors, TensorPart part, int layer) {
    Matrix matrix = matrix(part, layer);
    String module = part.huggingFaceName(layer).replaceFirst("weight$", "");
    int rows = matrix.codes().length;
    int columns = matrix.codes()[0].length;
    boolean awq = layout == Int4Layout.AWQ;
    byte[][] inputMajor = new byte[columns][rows];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        inputMajor[column][row] = matrix.codes()[row][column];
      }
    }
    tensors.put(module + "qweight", awq ? alongOutputs(inputMajor, 0) : alongInputs(inputMajor));
    tensors.put(module + "qzeros", alongOutputs(matrix.zeros(), layout == Int4Layout.GPTQ ? 1 : 0));
    tensors.put(module + "scales", scales(matrix.scales()));
    if (!awq) {
      tensors.put(module + "g_idx", groupIndex(columns, groupSize == -1 ? columns : groupSize));
    }
  }

  /** Eight inputs a word, the first in the lowest nibble. */
  private static Stored alongInputs(byte[][] inputMajor) {
    int words = inputMajor.length / 8;
    int rows = inputMajor[0].length;
    ByteBuffer out = buffer(words * rows * Integer.BYTES);
    for (int word = 0; word < words; word++) {
      for (int row = 0; row < rows; row++) {
        int packed = 0;
        for (int i = 0; i < 8; i++) {
          packed |= inputMajor[word * 8 + i][row] << 4 * i;
        }
        out.putInt(packed);
      }
    }
    return new Stored("I32", out.array(), words, rows);
  }

  /** Eight outputs a word, each less {@code offset}. */
  private Stored alongOutputs(byte[][] values, int offset) {
    int words = values[0].length / 8;
    ByteBuffer out = buffer(values.length * words * Integer.BYTES);
    for (byte[] row : values) {
      for (int word = 0; word < words; word++) {
        int packed = 0;
        for (int i = 0; i < 8; i++) {
          int output = layout == Int4Layout.AWQ ? AWQ_ORDER[i] : i;
          packed |= row[word * 8 + output] - offset << 4 * i;
        }
        out.putInt(packed);
      }
    }
    return new Stored("I32", out.array(), values.length, words);
  }

  private static Stored scales(short[][] scales) {
    ByteBuffer out = buffer(scales.length * scales[0].length * Short.BYTES);
    for (short[] group : scales) {
      for (short scale : group) {
        out.putShort(scale);
      }
    }
    return new Stored("F16", out.array(), scales.length, scales[0].length);
  }

  /** {@code g_idx} of inputs in order. */
  public static Stored groupIndex(int columns, int group) {
    ByteBuffer out = buffer(columns * Integer.BYTES);
    for (int column = 0; column < columns; column++) {
      out.putInt(column / group);
    }
    return new Stored("I32", out.array(), columns);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
