package io.carovana.worker.kernels;

import java.util.Random;

/** Seeded inputs for kernels, with the awkward values among them. */
public final class RandomKernelInputs {
  private static final int F16_EXPONENT = 0x7c00;
  private static final float[] AWKWARD = {
    0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 0x1p-126f, 0x1p-101f, -0x1.8p-100f, 0x1p-60f
  };

  private final Random random;

  /** Inputs of one seed. */
  public RandomKernelInputs(long seed) {
    random = new Random(seed);
  }

  /** An integer below {@code bound}. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** Panels of any format, every code and finite scale possible. */
  public Panels panels(PanelFormat format, int rows, int columns, int firstColumn) {
    return switch (format) {
      case F32 -> {
        FloatPanels panels = new FloatPanels(rows, columns);
        fill(panels.values(), 0, panels.values().length, 1f);
        yield panels;
      }
      case F16, BF16 -> {
        HalfPanels panels = new HalfPanels(format, rows, columns);
        for (int i = 0; i < panels.values().length; i++) {
          panels.values()[i] = format == PanelFormat.F16 ? finiteF16() : bf16();
        }
        yield panels;
      }
      default -> integers(format, rows, columns, firstColumn);
    };
  }

  private IntegerPanels integers(PanelFormat format, int rows, int columns, int firstColumn) {
    IntegerPanels panels =
        new IntegerPanels(format, rows, columns, firstColumn % format.superBlock());
    for (int i = 0; i < panels.codes().length; i++) {
      panels.codes()[i] = (short) random.nextInt();
    }
    for (int i = 0; i < panels.highs().length; i++) {
      panels.highs()[i] = (short) random.nextInt();
    }
    random.nextBytes(panels.subScales());
    if (format.hasMinimum()) {
      for (int i = 0; i < panels.subScales().length; i++) {
        panels.subScales()[i] &= 63;
      }
    }
    for (int i = 0; i < panels.scales().length; i++) {
      panels.scales()[i] = finiteF16();
    }
    return panels;
  }

  private short finiteF16() {
    while (true) {
      short bits = (short) random.nextInt();
      if ((bits & F16_EXPONENT) != F16_EXPONENT) {
        return bits;
      }
    }
  }

  private short bf16() {
    return (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> Short.SIZE);
  }

  /** Values of many magnitudes around {@code size}, one in sixteen awkward. */
  public void fill(float[] values, int from, int to, float size) {
    for (int i = from; i < to; i++) {
      values[i] =
          random.nextInt(16) == 0
              ? AWKWARD[random.nextInt(AWKWARD.length)]
              : (float) (random.nextGaussian() * Math.exp(2 * random.nextGaussian())) * size;
    }
  }

  /** An array so filled. */
  public float[] floats(int length, float size) {
    float[] values = new float[length];
    fill(values, 0, length, size);
    return values;
  }
}
