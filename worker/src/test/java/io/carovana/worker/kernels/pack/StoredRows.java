package io.carovana.worker.kernels.pack;

import io.carovana.model.files.WeightType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A fixture of tools/fixtures/panel_dots.py.
 *
 * @param input the input vector
 * @param products float64 products of every row with the input as rule 2 quantizes it
 * @param raw the rows as stored
 */
record StoredRows(int rows, int columns, float[] input, double[] products, byte[] raw) {
  static StoredRows of(WeightType type) {
    String name = "/kernels/dots-" + type + ".bin";
    try (InputStream in = StoredRows.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no fixture " + name);
      }
      ByteBuffer buffer = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int rows = buffer.getInt();
      int columns = buffer.getInt();
      float[] input = new float[columns];
      for (int i = 0; i < columns; i++) {
        input[i] = buffer.getFloat();
      }
      double[] products = new double[rows];
      for (int i = 0; i < rows; i++) {
        products[i] = buffer.getDouble();
      }
      byte[] raw = new byte[buffer.remaining()];
      buffer.get(raw);
      return new StoredRows(rows, columns, input, products, raw);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int rowBytes() {
    return raw.length / rows;
  }
}
