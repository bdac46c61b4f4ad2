package io.carovana.worker.kernels;

/** Panels of f32 weights, {@code [panel][column][32 rows]}. */
public final class FloatPanels implements Panels {
  private final int rows;
  private final int columns;
  private final float[] values;

  /** Zeros of the given shape. */
  public FloatPanels(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
    this.values = new float[Panels.arrayLength(rows, (long) columns * LANES)];
  }

  /** The weights, {@code [panel][column][32 rows]}. */
  public float[] values() {
    return values;
  }

  /** Index of lane 0 at {@code column} of {@code panel}. */
  public int index(int panel, int column) {
    return (panel * columns + column) * LANES;
  }

  @Override
  public PanelFormat format() {
    return PanelFormat.F32;
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
    return 4L * values.length;
  }

  @Override
  public float weight(int row, int column) {
    return values[index(row / LANES, column) + row % LANES];
  }
}
