package io.carovana.model.quant;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.Int4Matrix;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelTensor;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorReader;
import io.carovana.model.shard.FfnLeaves;

/**
 * Carovana's own weight format of one matrix: rows of groups of {@code group} codes, each with one
 * f16 scale; weight = scale * code.
 *
 * @param bits code width
 * @param group weights per scale: 128, 64 or 32
 */
public record OwnFormat(OwnBits bits, int group) {
  private static final int[] GROUPS = {128, 64, 32};

  /** Refuses another group size. */
  public OwnFormat {
    if (group != 128 && group != 64 && group != 32) {
      throw new IllegalArgumentException("groups hold 128, 64 or 32 weights, not " + group);
    }
  }

  /**
   * The format that {@code tensor} is quantized to: the largest group that divides its columns and
   * every leaf boundary (docs/numerics.md, rule 4), so that no cut between ranks divides a group.
   *
   * @throws ModelException.Unsupported if no group does, or the file holds it quantized already
   */
  public static OwnFormat of(ModelConfig config, TensorInfo tensor, OwnBits bits) {
    if (!tensor.type().isFloat()) {
      throw alreadyQuantized(tensor);
    }
    return new OwnFormat(bits, group(config, tensor, tensor.columns()));
  }

  /**
   * The format that holds 4-bit codes of GPTQ or AWQ as they are: in 4 bits where all zero points
   * are in the middle, else in 8. The group is the largest that also divides the file's, whose
   * scale is repeated.
   *
   * @throws ModelException.Unsupported if no group does, or {@code quantization} wants it quantized
   */
  public static OwnFormat of(TensorReader files, Int4Matrix matrix, Quantization quantization) {
    if (quantization.bits(matrix.part()) != null) {
      throw alreadyQuantized(matrix);
    }
    int group = group(files.config(), matrix, matrix.group());
    return new OwnFormat(files.isSymmetric(matrix) ? OwnBits.Q4 : OwnBits.Q8, group);
  }

  private static ModelException alreadyQuantized(ModelTensor tensor) {
    return new ModelException.Unsupported(
        tensor.file(),
        tensor.name(),
        "is stored as " + tensor.storedAs() + " already; --quantize is for F32, F16 and BF16");
  }

  /** The largest group that divides {@code shared}, the columns and every leaf boundary. */
  private static int group(ModelConfig config, ModelTensor tensor, int shared) {
    for (int group : GROUPS) {
      if (shared % group == 0 && divides(group, config, tensor.part())) {
        return group;
      }
    }
    throw new ModelException.Unsupported(
        tensor.file(),
        tensor.name(),
        "cannot be held in groups: none of 128, 64 or 32 weights divides its %d columns%s%s"
            .formatted(
                tensor.columns(),
                shared == tensor.columns() ? "" : ", its groups of " + shared,
                boundaries(tensor.part())));
  }

  private static boolean divides(int group, ModelConfig config, TensorPart part) {
    if (part.columns(config) % group != 0) {
      return false;
    }
    return switch (part) {
      case ATTENTION_OUTPUT -> config.headsPerKvHead() * config.headDim() % group == 0;
      case DOWN -> dividesLeaves(group, FfnLeaves.of(config.ffnSize(), config.kvHeads()));
      default -> true;
    };
  }

  private static boolean dividesLeaves(int group, FfnLeaves leaves) {
    for (int leaf = 0; leaf <= leaves.count(); leaf++) {
      if (leaves.boundary(leaf) % group != 0) {
        return false;
      }
    }
    return true;
  }

  private static String boundaries(TensorPart part) {
    return switch (part) {
      case ATTENTION_OUTPUT -> " and the width of its KV-head groups";
      case DOWN -> " and the boundaries of its feed-forward leaves";
      default -> "";
    };
  }

  /** Bytes of {@code columns} weights of a row: packed codes and scales. */
  public long rowBytes(long columns) {
    return columns * bits.width() / Byte.SIZE + columns / group * Short.BYTES;
  }
}
