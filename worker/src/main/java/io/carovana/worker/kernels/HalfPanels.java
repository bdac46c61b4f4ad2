package io.carovana.worker.kernels;

/**
 * Panels of 16-bit float weights, {@code [panel][column][32 rows]}, widened where they are used.
 */
public final class HalfPanels implements Panels {
  private final PanelFormat format;
  private final int rows;
  private final int columns;
  private final short[] values;

  /**
   * Zeros of the given shape.
   *
   * @param format {@link PanelFormat#F16} or {@link PanelFormat#BF16}
   */
  public HalfPanels(PanelFormat format, int rows, int columns) {
    if (format != PanelFormat.F16 && format != PanelFormat.BF16) {
      throw new IllegalArgumentException(format + " is not a 16-bit float format");
    }
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.values = new short[Panels.arrayLength(rows, (long) columns * LANES)];
  }

  /** The weights' bits, {@code [panel][column][32 rows]}. */
  public short[] values() {
    return values;
  }

  /** Index of lane 0 at {@code column} of {@code panel}. */
  public int index(int panel, int column) {
    return (panel * columns + column) * LANES;
  }

  @Override
  public PanelFormat format() {
    return format;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public long bytes() {
    return 2L * values.length;
  }

  @Override
  public float weight(int row, int column) {
    short bits = values[index(row / LANES, column) + row % LANES];
    return format == PanelFormat.F16 ? Float.float16ToFloat(bits) : Bf16.widen(bits);
  }
}
