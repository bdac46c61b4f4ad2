package io.carovana.benchmarks.kernels;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.FloatPanels;
import io.carovana.worker.kernels.HalfPanels;
import io.carovana.worker.kernels.IntegerPanels;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.PanelFormat;
import io.carovana.worker.kernels.Panels;
import java.util.Random;

/** Matrices and inputs of benchmarks: the hidden size of the 7B model, random weights. */
final class Workloads {
  /** Columns of every matrix. */
  static final int COLUMNS = 4096;

  /** Rows of a decode matrix. */
  static final int ROWS = 4096;

  /** Weights that decode benchmarks walk through: several times the last-level cache. */
  private static final long DECODE_BYTES = 160L << 20;

  private static final long SEED = 1;

  private Workloads() {}

  /** Random panels. */
  static Panels panels(PanelFormat format, int rows, int columns) {
    Random random = new Random(SEED);
    return switch (format) {
      case F32 -> {
        FloatPanels panels = new FloatPanels(rows, columns);
        fill(random, panels.values());
        yield panels;
      }
      case F16, BF16 -> {
        HalfPanels panels = new HalfPanels(format, rows, columns);
        fill(random, panels.values(), format);
        yield panels;
      }
      default -> {
        IntegerPanels panels = new IntegerPanels(format, rows, columns, 0);
        for (int i = 0; i < panels.codes().length; i++) {
          panels.codes()[i] = (short) random.nextInt();
        }
        for (int i = 0; i < panels.highs().length; i++) {
          panels.highs()[i] = (short) random.nextInt();
        }
        for (int i = 0; i < panels.subScales().length; i++) {
          panels.subScales()[i] = (byte) random.nextInt(64);
        }
        fill(random, panels.scales(), PanelFormat.F16);
        yield panels;
      }
    };
  }

  /** As many copies as exceed the caches. */
  static Panels[] beyondCaches(PanelFormat format) {
    Panels first = panels(format, ROWS, COLUMNS);
    Panels[] copies = new Panels[(int) (DECODE_BYTES / first.bytes()) + 1];
    copies[0] = first;
    for (int i = 1; i < copies.length; i++) {
      copies[i] = panels(format, ROWS, COLUMNS);
    }
    return copies;
  }

  /** Random activations, quantized as the format needs. */
  static Activations activations(Kernels kernels, PanelFormat format, int rows) {
    Activations x = new Activations(rows, COLUMNS, true);
    fill(new Random(SEED), x.values());
    if (format.quantized()) {
      kernels.quantize(x, format.block(), 0, rows);
    }
    return x;
  }

  static void fill(Random random, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
  }

  private static void fill(Random random, short[] values, PanelFormat format) {
    for (int i = 0; i < values.length; i++) {
      float value = random.nextFloat() - 0.5f;
      values[i] =
          format == PanelFormat.F16
              ? Float.floatToFloat16(value)
              : (short) (Float.floatToRawIntBits(value) >>> Short.SIZE);
    }
  }
}
