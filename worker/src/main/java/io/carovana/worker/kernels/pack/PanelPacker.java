package io.carovana.worker.kernels.pack;

import io.carovana.model.files.WeightType;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import java.util.Arrays;

/**
 * Packs rows of a model file into panels without changing a weight. Threads may pack different
 * panels of one matrix at once.
 */
public final class PanelPacker {
  private final WeightType type;

  /** A packer for rows stored as {@code type}. */
  public PanelPacker(WeightType type) {
    this.type = type;
  }

  /** The panels' format for rows stored as {@code type}. */
  public static PanelFormat formatOf(WeightType type) {
    return switch (type) {
      case F32 -> PanelFormat.F32;
      case F16 -> PanelFormat.F16;
      case BF16 -> PanelFormat.BF16;
      case Q4_0 -> PanelFormat.Q4_G32;
      case Q8_0 -> PanelFormat.Q8_G32;
      case Q4_K -> PanelFormat.Q4_K;
      case Q5_K -> PanelFormat.Q5_K;
      case Q6_K -> PanelFormat.Q6_K;
      case I32 -> throw new IllegalArgumentException("words are not rows of weights");
    };
  }

  /**
   * Empty panels for a part of a tensor.
   *
   * @param rows output rows
   * @param columns input columns
   * @param firstColumn the part's first column in the tensor
   * @throws IllegalArgumentException if columns do not begin and end at blocks, or are too many
   */
  public static Panels allocate(WeightType type, int rows, int columns, int firstColumn) {
    PanelFormat format = formatOf(type);
    return switch (format) {
      case F32 -> new FloatPanels(rows, columns);
      case F16, BF16 -> new HalfPanels(format, rows, columns);
      default -> new IntegerPanels(format, rows, columns, firstColumn % format.superBlock());
    };
  }

  /**
   * Packs one panel.
   *
   * @param panels from {@link #allocate}
   * @param raw bytes of rows as stored; each row begins with the block that holds the part's first
   *     column
   * @param offsets where each of the panel's rows begins
   * @throws io.carovana.worker.kernels.NonFiniteException if a weight or scale is NaN or infinite
   */
  public void pack(Panels panels, int panel, byte[] raw, RowOffsets offsets) {
    if (panels.format() != formatOf(type)) {
      throw new IllegalArgumentException(type + " does not go into " + panels.format());
    }
    switch (panels) {
      case FloatPanels floats -> packFloats(floats, panel, raw, offsets);
      case HalfPanels halves -> packHalves(halves, panel, raw, offsets);
      case IntegerPanels integers -> packIntegers(integers, panel, raw, offsets);
    }
  }

  private static void packFloats(FloatPanels panels, int panel, byte[] raw, RowOffsets offsets) {
    for (int lane = 0; lane < panels.lanes(panel); lane++) {
      int at = offsets.at(panel * Panels.LANES + lane);
      for (int k = 0; k < panels.columns(); k++) {
        panels.values()[panels.index(panel, k) + lane] =
            LittleEndian.f32(raw, at + k * Float.BYTES);
      }
    }
  }

  private static void packHalves(HalfPanels panels, int panel, byte[] raw, RowOffsets offsets) {
    boolean bf16 = panels.format() == PanelFormat.BF16;
    for (int lane = 0; lane < panels.lanes(panel); lane++) {
      int at = offsets.at(panel * Panels.LANES + lane);
      for (int k = 0; k < panels.columns(); k++) {
        int from = at + k * Short.BYTES;
        panels.values()[panels.index(panel, k) + lane] =
            bf16 ? LittleEndian.bf16(raw, from) : LittleEndian.f16(raw, from);
      }
    }
  }

  private void packIntegers(IntegerPanels panels, int panel, byte[] raw, RowOffsets offsets) {
    BlockCodec codec = BlockCodec.of(type);
    int blockColumns = type.blockElements();
    int blockBytes = type.blockBytes();
    int lanes = panels.lanes(panel);
    int[] rowAt = new int[lanes];
    Arrays.setAll(rowAt, lane -> offsets.at(panel * Panels.LANES + lane));
    for (int block = 0; block < panels.superBlocks(); block++) {
      int begin = block * blockColumns - panels.firstColumn();
      int from = Math.max(0, begin);
      int to = Math.min(panels.columns(), begin + blockColumns);
      int codesAt = panels.codeIndex(panel, from);
      int highsAt = panels.format().highBits() == 0 ? 0 : panels.highIndex(panel, from);
      for (int lane = 0; lane < lanes; lane++) {
        int at = rowAt[lane] + block * blockBytes;
        int pair = 2 * lane;
        codec.codes(raw, at, from - begin, to - begin, panels, codesAt + pair, highsAt + pair);
        codec.scales(raw, at, panels, panels.scaleIndex(panel, from) + lane);
        packSubScales(codec, raw, at, panels, panel, lane, begin, from, to);
      }
    }
  }

  private static void packSubScales(
      BlockCodec codec,
      byte[] raw,
      int at,
      IntegerPanels panels,
      int panel,
      int lane,
      int begin,
      int from,
      int to) {
    if (!panels.format().hasSubScales()) {
      return;
    }
    int block = panels.format().block();
    for (int k = from; k < to; k += block) {
      int pairAt = panels.subScaleIndex(panel, k) + 2 * lane;
      codec.subScales(raw, at, (k - begin) / block, panels.subScales(), pairAt);
    }
  }
}
