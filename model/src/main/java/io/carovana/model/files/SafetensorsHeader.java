package io.carovana.model.files;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The header of one safetensors file (format: the safetensors README): eight bytes of length, JSON
 * {@code {name: {dtype, shape, data_offsets}}}, then the data, which the tensors cover without gap
 * or overlap.
 */
final class SafetensorsHeader {
  /** The format's own limit. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  static final int MAX_TENSORS = 1 << 16;
  static final int MAX_DIMENSIONS = 8;
  private static final String METADATA = "__metadata__";

  private final Path file;
  private final long dataStart;
  private final long dataBytes;
  private final List<StoredTensor> tensors = new ArrayList<>();

  private SafetensorsHeader(Path file, long dataStart, long dataBytes) {
    this.file = file;
    this.dataStart = dataStart;
    this.dataBytes = dataBytes;
  }

  /**
   * Parses and checks a header.
   *
   * @return the tensors in the order of their data
   * @throws ModelException naming the tensor
   */
  static List<StoredTensor> parse(ByteSource source, Path file) {
    BoundedInput in = new BoundedInput(source, file);
    long length = in.i64("header length");
    in.require(length, 1, "header length");
    if (length > MAX_HEADER_BYTES) {
      throw new ModelException.Malformed(
          file, "header length", "is " + length + ", more than the format's " + MAX_HEADER_BYTES);
    }
    byte[] json = in.bytes(length, "header");
    SafetensorsHeader header =
        new SafetensorsHeader(file, in.position(), source.size() - in.position());
    try (JsonParser parser = CheckedJson.parser(json)) {
      header.tensors(parser);
      if (parser.nextToken() != null) {
        throw header.malformed("header", "goes on after its JSON object");
      }
    } catch (IOException e) {
      throw new ModelException.Malformed(file, "header", CheckedJson.reason(e), e);
    }
    return header.inDataOrder();
  }

  private void tensors(JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "header");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals(METADATA)) {
        parser.skipChildren();
      } else {
        tensors.add(tensor(parser, name));
        if (tensors.size() > MAX_TENSORS) {
          throw malformed("header", "has more than " + MAX_TENSORS + " tensors");
        }
      }
    }
  }

  private StoredTensor tensor(JsonParser parser, String name) throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT, name);
    String dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> {
          expect(parser.currentToken(), JsonToken.VALUE_STRING, name);
          dtype = parser.getText();
        }
        case "shape" -> shape = sizes(parser, name, MAX_DIMENSIONS);
        case "data_offsets" -> offsets = sizes(parser, name, 2);
        default -> throw malformed(name, "has the unknown field \"" + field + "\"");
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw malformed(name, "lacks dtype, shape or data_offsets");
    }
    return checked(name, dtype, shape, offsets);
  }

  private long[] sizes(JsonParser parser, String name, int limit) throws IOException {
    expect(parser.currentToken(), JsonToken.START_ARRAY, name);
    long[] values = new long[limit];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, name);
      if (count == limit) {
        throw malformed(name, "has more than " + limit + " sizes in a row");
      }
      long value = parser.getLongValue();
      if (value < 0) {
        throw malformed(name, "has the negative size " + value);
      }
      values[count++] = value;
    }
    return Arrays.copyOf(values, count);
  }

  private StoredTensor checked(String name, String dtype, long[] shape, long[] offsets) {
    if (offsets.length != 2 || offsets[1] < offsets[0]) {
      throw malformed(name, "has data_offsets that are not [begin, end]");
    }
    int dimensions = shape.length;
    long columns = dimensions == 0 ? 1 : shape[dimensions - 1];
    long rows = 1;
    for (int d = 0; d < dimensions - 1; d++) {
      rows = Sizes.product(file, name, rows, shape[d]);
    }
    long elements = Sizes.product(file, name, rows, columns);
    long bytes = Sizes.product(file, name, elements, elementBytes(name, dtype));
    if (bytes != offsets[1] - offsets[0]) {
      throw malformed(
          name,
          "has a shape of %d bytes, but data_offsets of %d"
              .formatted(bytes, offsets[1] - offsets[0]));
    }
    if (offsets[1] > dataBytes) {
      throw new ModelException.Incomplete(
          file,
          name,
          "ends at data byte %d, but the file has only %d: download or copy it again"
              .formatted(offsets[1], dataBytes));
    }
    return new StoredTensor(
        name,
        dtype,
        WeightType.ofSafetensors(dtype),
        dimensions,
        rows,
        columns,
        file,
        dataStart + offsets[0],
        bytes);
  }

  private int elementBytes(String name, String dtype) {
    return switch (dtype) {
      case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0" -> 1;
      case "U16", "I16", "F16", "BF16" -> 2;
      case "U32", "I32", "F32" -> 4;
      case "U64", "I64", "F64" -> 8;
      default ->
          throw new ModelException.Unsupported(
              file, name, "has type " + dtype + "; safetensors are read as F32, F16, BF16 or I32");
    };
  }

  private List<StoredTensor> inDataOrder() {
    tensors.sort(
        Comparator.comparingLong(StoredTensor::offset).thenComparingLong(StoredTensor::byteLength));
    long expected = dataStart;
    for (StoredTensor tensor : tensors) {
      if (tensor.offset() != expected) {
        throw malformed(
            tensor.name(),
            "begins at data byte %d, but the tensors before it end at %d"
                .formatted(tensor.offset() - dataStart, expected - dataStart));
      }
      expected += tensor.byteLength();
    }
    if (expected != dataStart + dataBytes) {
      throw malformed(
          "header",
          "describes %d bytes of data, the file has %d".formatted(expected - dataStart, dataBytes));
    }
    return List.copyOf(tensors);
  }

  private void expect(JsonToken actual, JsonToken expected, String subject) {
    if (actual != expected) {
      throw malformed(subject, "has " + actual + " where " + expected + " belongs");
    }
  }

  private ModelException malformed(String subject, String reason) {
    return new ModelException.Malformed(file, subject, reason);
  }
}
