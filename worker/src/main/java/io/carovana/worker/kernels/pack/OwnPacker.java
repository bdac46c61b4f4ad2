package io.carovana.worker.kernels.pack;

import io.carovana.model.quant.OwnBits;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.PanelFormat;

/**
 * Packs rows in Carovana's own formats. One packer per thread; threads may pack different panels of
 * one matrix at once.
 */
public final class OwnPacker {
  private final CodeTile tile = new CodeTile();

  /**
   * The panels' format.
   *
   * @param group columns per scale: 128, 64 or 32
   * @throws IllegalArgumentException for any other group
   */
  public static PanelFormat formatOf(OwnBits bits, int group) {
    boolean four = bits == OwnBits.Q4;
    return switch (group) {
      case 32 -> four ? PanelFormat.Q4_G32 : PanelFormat.Q8_G32;
      case 64 -> four ? PanelFormat.Q4_G64 : PanelFormat.Q8_G64;
      case 128 -> four ? PanelFormat.Q4_G128 : PanelFormat.Q8_G128;
      default -> throw new IllegalArgumentException("no format has groups of " + group);
    };
  }

  /** Empty panels; parts begin and end at groups. */
  public static IntegerPanels allocate(OwnBits bits, int group, int rows, int columns) {
    return new IntegerPanels(formatOf(bits, group), rows, columns, 0);
  }

  /**
   * Packs one panel.
   *
   * @param codes signed codes of the panel's rows, {@code [lanes][columns]}
   * @param scales their f16 scales, {@code [lanes][columns / group]}
   */
  public void pack(IntegerPanels panels, int panel, byte[] codes, short[] scales) {
    int group = panels.format().group();
    int offset = panels.format().offset();
    int lanes = panels.lanes(panel);
    int columns = panels.columns();
    for (int k = 0; k < columns; k += group) {
      for (int lane = 0; lane < lanes; lane++) {
        for (int j = 0; j < group; j++) {
          tile.set(j, lane, codes[lane * columns + k + j] + offset);
        }
        panels.scales()[panels.scaleIndex(panel, k) + lane] = scales[(lane * columns + k) / group];
      }
      tile.pad(lanes, group, offset);
      tile.write(panels, panel, 0, group, k);
    }
  }
}
