package io.carovana.model.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes safetensors files, also wrong ones: entries can be raw JSON, the length any number. */
public final class SafetensorsWriter {
  private final List<String> entries = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a tensor with its bytes. */
  public SafetensorsWriter tensor(String name, String dtype, byte[] bytes, long... shape) {
    long begin = data.size();
    data.writeBytes(bytes);
    return entry(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(name, dtype, Arrays.toString(shape).replace(" ", ""), begin, data.size()));
  }

  /** Adds raw JSON to the header's object. */
  public SafetensorsWriter entry(String json) {
    entries.add(json);
    return this;
  }

  /** Adds bytes to the data without describing them. */
  public SafetensorsWriter data(byte[] bytes) {
    data.writeBytes(bytes);
    return this;
  }

  /** The whole file. */
  public byte[] toBytes() {
    String json = "{" + String.join(",", entries) + "}";
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return file(header.length, header, data.toByteArray());
  }

  /** Any stated length, header and data put together. */
  public static byte[] file(long statedLength, byte[] header, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(GgufWriter.longs(statedLength));
    out.writeBytes(header);
    out.writeBytes(data);
    return out.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path file) {
    try {
      return Files.write(file, toBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
