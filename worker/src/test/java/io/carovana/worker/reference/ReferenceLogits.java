package io.carovana.worker.reference;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * One stored fixture (layout: {@code tools/fixtures/reference_logits.py}).
 *
 * @param ids the prompt
 * @param positions rows that are stored
 * @param vocabulary logits per row
 * @param expected {@code [positions][vocabulary]}, inputs of quantized matrices rounded by rule 2
 * @param plain {@code [positions][vocabulary]}, inputs not rounded; expected for float weights
 * @param greedy tokens after the prompt
 * @param lead by how much each was ahead of the second best
 */
@SuppressWarnings("ArrayRecordComponent") // numbers out of a file
record ReferenceLogits(
    int[] ids,
    int[] positions,
    int vocabulary,
    float[] expected,
    float[] plain,
    int[] greedy,
    float[] lead) {

  static ReferenceLogits of(ReferenceModel model) {
    return of(model.name(), model.quantized());
  }

  /** The fixture {@code NAME.bin.gz}, with plain logits of its own if {@code quantized}. */
  static ReferenceLogits of(String name, boolean quantized) {
    try (InputStream in = ReferenceLogits.class.getResourceAsStream(name + ".bin.gz")) {
      if (in == null) {
        throw new IllegalStateException("no fixture " + name);
      }
      return read(in, quantized);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A fixture of float weights that is not among the resources. */
  static ReferenceLogits read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, false);
    }
  }

  private static ReferenceLogits read(InputStream in, boolean quantized) throws IOException {
    byte[] bytes = new GZIPInputStream(in).readAllBytes();
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int[] ids = ints(data, data.getInt());
    int[] positions = ints(data, data.getInt());
    int vocabulary = data.getInt();
    float[] expected = floats(data, positions.length * vocabulary);
    float[] plain = quantized ? floats(data, positions.length * vocabulary) : expected;
    int count = data.getInt();
    return new ReferenceLogits(
        ids, positions, vocabulary, expected, plain, ints(data, count), floats(data, count));
  }

  private static int[] ints(ByteBuffer data, int count) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = data.getInt();
    }
    return values;
  }

  private static float[] floats(ByteBuffer data, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = data.getFloat();
    }
    return values;
  }
}
