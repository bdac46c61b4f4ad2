package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the matrices of 4-bit codes among a checkpoint's tensors: {@code X.qweight} and what
 * belongs to it, where a plain checkpoint has {@code X.weight}.
 */
final class Int4Tensors {
  private static final String WEIGHT = "weight";
  private static final String CODES = "qweight";
  private static final String ZEROS = "qzeros";
  private static final String SCALES = "scales";
  private static final String GROUP_INDEX = "g_idx";
  private static final String BIAS = "bias";
  private static final Set<String> OWN = Set.of(CODES, ZEROS, SCALES, GROUP_INDEX);
  private static final Set<String> READ = Set.of(WEIGHT, CODES, ZEROS, SCALES, GROUP_INDEX, BIAS);

  private final ModelConfig config;
  private final Int4Format format;
  private final StoredBytes bytes;

  private Int4Tensors(ModelConfig config, Int4Format format, StoredBytes bytes) {
    this.config = config;
    this.format = format;
    this.bytes = bytes;
  }

  /** The tensors of one linear layer, by suffix. */
  private record Linear(TensorNames.Key key, String module, Map<String, StoredTensor> stored) {
    @Nullable StoredTensor get(String suffix) {
      return stored.get(suffix);
    }

    StoredTensor any() {
      return stored.values().iterator().next();
    }
  }

  /**
   * The matrices of 4-bit codes; takes their tensors out of {@code stored}.
   *
   * @param stated what {@code config.json} says of them; null if it says nothing
   * @param folder the checkpoint
   * @param bytes reads what is smaller than a weight
   * @throws ModelException naming the tensor that is missing, misshapen or not run
   */
  static List<Int4Matrix> take(
      ModelConfig config,
      TensorNames names,
      @Nullable Int4Format stated,
      Path folder,
      StoredBytes bytes,
      List<StoredTensor> stored) {
    List<Linear> linears = linears(config, names, stored);
    if (linears.isEmpty()) {
      return List.of();
    }
    Int4Format format = stated == null ? Int4Format.beside(folder) : stated;
    if (format == null) {
      throw malformed(
          linears.getFirst().any(),
          "is part of a quantized matrix, but neither config.json (quantization_config) nor"
              + " quantize_config.json says how it was quantized");
    }
    Int4Tensors tensors = new Int4Tensors(config, format, bytes);
    List<Int4Matrix> matrices = linears.stream().map(tensors::matrix).toList();
    Set<StoredTensor> taken = new HashSet<>();
    linears.forEach(linear -> taken.addAll(linear.stored().values()));
    stored.removeAll(taken);
    return matrices;
  }

  private static List<Linear> linears(
      ModelConfig config, TensorNames names, List<StoredTensor> stored) {
    Map<String, Map<String, StoredTensor>> modules = new TreeMap<>();
    for (StoredTensor tensor : stored) {
      int suffix = tensor.name().lastIndexOf('.') + 1;
      if (READ.contains(tensor.name().substring(suffix))) {
        modules
            .computeIfAbsent(tensor.name().substring(0, suffix), module -> new TreeMap<>())
            .put(tensor.name().substring(suffix), tensor);
      }
    }
    List<Linear> linears = new ArrayList<>();
    modules.forEach(
        (module, own) -> {
          TensorNames.Key key = names.key(module + WEIGHT);
          boolean quantized = own.keySet().stream().anyMatch(OWN::contains);
          if (quantized && key != null && isQuantizable(config, key.part())) {
            linears.add(new Linear(key, module, own));
          }
        });
    return linears;
  }

  private static boolean isQuantizable(ModelConfig config, TensorPart part) {
    return part == TensorPart.LM_HEAD ? !config.tiedEmbeddings() : part.isProjection();
  }

  private Int4Matrix matrix(Linear linear) {
    TensorPart part = linear.key().part();
    int rows = part.rows(config);
    int columns = part.columns(config);
    StoredTensor codes = require(linear, CODES);
    StoredTensor plain = linear.get(WEIGHT);
    if (plain != null) {
      throw malformed(plain, "is there although the matrix is quantized (" + codes.name() + ")");
    }
    requireWholeWords(codes, rows, columns);
    int group = format.groupSize() == Int4Format.WHOLE_COLUMN ? columns : format.groupSize();
    int groups = Math.ceilDiv(columns, group);
    int words = rows / Int4Layout.PER_WORD;
    boolean alongInputs = format.layout().wordsAlongInputs();
    int codeRows = alongInputs ? columns / Int4Layout.PER_WORD : columns;
    requireGroupsInOrder(linear, columns, group);
    requireNoBias(linear, rows);
    return new Int4Matrix(
        format.layout(),
        rows,
        columns,
        group,
        words(linear, CODES, codeRows, alongInputs ? rows : words),
        words(linear, ZEROS, groups, words),
        scales(linear, groups, rows));
  }

  private void requireWholeWords(StoredTensor codes, int rows, int columns) {
    if (rows % Int4Layout.PER_WORD != 0 || columns % Int4Layout.PER_WORD != 0) {
      throw new ModelException.Unsupported(
          codes.file(),
          codes.name(),
          "is a matrix of %d x %d, which words of eight codes do not fill"
              .formatted(rows, columns));
    }
  }

  private TensorInfo words(Linear linear, String suffix, int rows, int columns) {
    StoredTensor stored = require(linear, suffix);
    requireWords(stored);
    requireShape(stored, 2, rows, columns);
    return stored.as(linear.key().part(), linear.key().layer(), WeightType.I32);
  }

  private TensorInfo scales(Linear linear, int groups, int rows) {
    StoredTensor stored = require(linear, SCALES);
    WeightType type = requireFloats(stored);
    requireShape(stored, 2, groups, rows);
    return stored.as(linear.key().part(), linear.key().layer(), type);
  }

  /** Act-order scatters the inputs of a group; there is no exact panel format for that. */
  private void requireGroupsInOrder(Linear linear, int columns, int group) {
    StoredTensor stored = linear.get(GROUP_INDEX);
    if (stored == null) {
      if (format.actOrder() && group < columns) {
        throw malformed(
            require(linear, CODES),
            "comes without " + GROUP_INDEX + ", which desc_act in " + format.statedIn() + " needs");
      }
      return;
    }
    requireWords(stored);
    requireShape(stored, 1, 1, columns);
    ByteBuffer index = ByteBuffer.wrap(bytes.read(stored)).order(ByteOrder.LITTLE_ENDIAN);
    int groups = Math.ceilDiv(columns, group);
    boolean inOrder = true;
    for (int column = 0; column < columns; column++) {
      int of = index.getInt();
      if (of < 0 || of >= groups) {
        throw malformed(stored, "puts input %d into group %d of %d".formatted(column, of, groups));
      }
      inOrder &= of == column / group;
    }
    if (!inOrder) {
      throw new ModelException.Unsupported(
          stored.file(),
          stored.name(),
          "scatters groups over the inputs (act-order, desc_act); groups of neighbouring inputs are"
              + " read: take a checkpoint made with desc_act false, or the original one and"
              + " --quantize q4");
    }
  }

  /** AutoGPTQ stores a bias of zeros for layers that have none. */
  private void requireNoBias(Linear linear, int rows) {
    StoredTensor stored = linear.get(BIAS);
    if (stored == null) {
      return;
    }
    requireFloats(stored);
    requireShape(stored, 1, 1, rows);
    for (byte b : bytes.read(stored)) {
      if (b != 0) {
        throw new ModelException.Unsupported(
            stored.file(), stored.name(), "is not zero; only layers without biases are run");
      }
    }
  }

  private static StoredTensor require(Linear linear, String suffix) {
    StoredTensor tensor = linear.get(suffix);
    if (tensor == null) {
      throw new ModelException.Malformed(
          linear.any().file(),
          linear.module() + suffix,
          "is missing beside " + linear.any().name());
    }
    return tensor;
  }

  private static void requireWords(StoredTensor tensor) {
    if (tensor.type() != WeightType.I32) {
      throw malformed(tensor, "has type " + tensor.typeName() + " instead of I32");
    }
  }

  private static WeightType requireFloats(StoredTensor tensor) {
    WeightType type = tensor.type();
    if (type == null || !type.isFloat()) {
      throw malformed(tensor, "has type " + tensor.typeName() + " instead of F16");
    }
    return type;
  }

  private void requireShape(StoredTensor tensor, int dimensions, int rows, int columns) {
    if (tensor.dimensions() != dimensions || tensor.rows() != rows || tensor.columns() != columns) {
      throw malformed(
          tensor,
          "is %d x %d in %d dimensions, but config and %s in groups of %d ask for %d x %d in %d"
              .formatted(
                  tensor.rows(),
                  tensor.columns(),
                  tensor.dimensions(),
                  format.layout(),
                  format.groupSize(),
                  rows,
                  columns,
                  dimensions));
    }
  }

  private static ModelException malformed(StoredTensor tensor, String reason) {
    return new ModelException.Malformed(tensor.file(), tensor.name(), reason);
  }
}
