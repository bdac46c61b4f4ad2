package io.carovana.model.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header of one GGUF file, version 2 or 3 (the GGUF specification in ggml's docs/gguf.md):
 * key-value section and tensor table.
 *
 * @param metadata the key-value section
 * @param tensors the tensor table, in file order
 */
record GgufHeader(GgufMetadata metadata, List<StoredTensor> tensors) {
  /** "GGUF" as a little-endian integer. */
  static final int MAGIC = 0x46554747;

  static final int MAX_KEYS = 1 << 16;
  static final int MAX_TENSORS = 1 << 16;
  static final int MAX_KEY_BYTES = 0xFFFF;
  static final int MAX_TENSOR_NAME_BYTES = 64;
  static final int MAX_DIMENSIONS = 4;
  static final int MAX_ALIGNMENT = 1 << 20;
  private static final long DEFAULT_ALIGNMENT = 32;

  /** Key length, type and the shortest value. */
  private static final int MIN_PAIR_BYTES = 8 + 4 + 1;

  /** Name length, dimension count, one dimension, type, offset. */
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

  /**
   * Parses and checks a header.
   *
   * @throws ModelException naming key or tensor
   */
  static GgufHeader parse(ByteSource source, Path file) {
    BoundedInput in = new BoundedInput(source, file);
    if (in.i32("magic") != MAGIC) {
      throw new ModelException.Malformed(file, "magic", "is not GGUF");
    }
    requireVersion(in);
    long tensorCount = in.i64("tensor_count");
    long pairCount = in.i64("metadata_kv_count");
    GgufMetadata metadata = metadata(in, pairCount);
    List<Entry> entries = entries(in, tensorCount);
    return new GgufHeader(metadata, place(in, source.size(), alignment(metadata), entries));
  }

  private static void requireVersion(BoundedInput in) {
    int version = in.i32("version");
    if (version == 2 || version == 3) {
      return;
    }
    boolean bigEndian = version == Integer.reverseBytes(2) || version == Integer.reverseBytes(3);
    throw new ModelException.Unsupported(
        in.file(),
        "version",
        bigEndian
            ? "the file is big-endian; convert it to little-endian"
            : "GGUF version " + Integer.toUnsignedString(version) + "; versions 2 and 3 are read");
  }

  private static GgufMetadata metadata(BoundedInput in, long count) {
    in.require(count, MIN_PAIR_BYTES, "metadata_kv_count");
    requireAtMost(in, "metadata_kv_count", count, MAX_KEYS);
    Map<String, Object> values = LinkedHashMap.newLinkedHashMap((int) count);
    for (int i = 0; i < count; i++) {
      String key = string(in, "key " + i, MAX_KEY_BYTES);
      Object value = GgufValues.read(in, key);
      if (values.put(key, value) != null) {
        throw new ModelException.Malformed(in.file(), key, "this key occurs twice");
      }
    }
    return new GgufMetadata(in.file(), values);
  }

  private static long alignment(GgufMetadata metadata) {
    Long stated = metadata.integer("general.alignment");
    if (stated == null) {
      return DEFAULT_ALIGNMENT;
    }
    if (stated < 8 || stated > MAX_ALIGNMENT || Long.bitCount(stated) != 1) {
      throw new ModelException.Malformed(
          metadata.file(),
          "general.alignment",
          "must be a power of two from 8 to " + MAX_ALIGNMENT + ", is " + stated);
    }
    return stated;
  }

  /** A row of the tensor table before its place in the file is checked. */
  private record Entry(
      String name, WeightType type, int dimensions, long rows, long columns, long offset) {}

  private static List<Entry> entries(BoundedInput in, long count) {
    in.require(count, MIN_TENSOR_BYTES, "tensor_count");
    requireAtMost(in, "tensor_count", count, MAX_TENSORS);
    List<Entry> entries = new ArrayList<>((int) count);
    Set<String> names = HashSet.newHashSet((int) count);
    for (int i = 0; i < count; i++) {
      Entry entry = entry(in, i);
      if (!names.add(entry.name())) {
        throw new ModelException.Malformed(in.file(), entry.name(), "this tensor occurs twice");
      }
      entries.add(entry);
    }
    return entries;
  }

  private static Entry entry(BoundedInput in, int index) {
    String name = string(in, "tensor " + index, MAX_TENSOR_NAME_BYTES);
    int dimensions = in.i32(name);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new ModelException.Malformed(
          in.file(), name, "has " + Integer.toUnsignedString(dimensions) + " dimensions");
    }
    long columns = dimension(in, name);
    long rows = 1;
    for (int d = 1; d < dimensions; d++) {
      rows = Sizes.product(in.file(), name, rows, dimension(in, name));
    }
    int typeId = in.i32(name);
    @Nullable WeightType type = WeightType.ofGgml(typeId);
    if (type == null) {
      throw new ModelException.Unsupported(
          in.file(),
          name,
          "has type %s; F32, F16, BF16, Q4_0, Q8_0, Q4_K, Q5_K and Q6_K are read"
              .formatted(WeightType.ggmlName(typeId)));
    }
    return new Entry(name, type, dimensions, rows, columns, in.i64(name));
  }

  private static long dimension(BoundedInput in, String name) {
    long size = in.i64(name);
    if (size < 1) {
      throw new ModelException.Malformed(
          in.file(), name, "has a dimension of " + Long.toUnsignedString(size));
    }
    return size;
  }

  /** Tensors follow one another without gaps, each padded to the alignment. */
  private static List<StoredTensor> place(
      BoundedInput in, long fileSize, long alignment, List<Entry> entries) {
    Path file = in.file();
    long dataStart = Sizes.roundUp(file, "tensor data", in.position(), alignment);
    long expected = 0;
    List<StoredTensor> tensors = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      long byteLength = byteLength(file, entry);
      if (entry.offset() != expected) {
        throw new ModelException.Malformed(
            file,
            entry.name(),
            "begins at data offset %s, but the tensors before it end at %d"
                .formatted(Long.toUnsignedString(entry.offset()), expected));
      }
      long start = Sizes.sum(file, entry.name(), dataStart, expected);
      long end = Sizes.sum(file, entry.name(), start, byteLength);
      if (end > fileSize) {
        throw new ModelException.Incomplete(
            file,
            entry.name(),
            "ends at byte %d, but the file has only %d: download or copy it again"
                .formatted(end, fileSize));
      }
      expected = Sizes.roundUp(file, entry.name(), expected + byteLength, alignment);
      tensors.add(
          new StoredTensor(
              entry.name(),
              entry.type().name(),
              entry.type(),
              entry.dimensions(),
              entry.rows(),
              entry.columns(),
              file,
              start,
              byteLength));
    }
    return List.copyOf(tensors);
  }

  private static long byteLength(Path file, Entry entry) {
    if (entry.columns() % entry.type().blockElements() != 0) {
      throw new ModelException.Malformed(
          file,
          entry.name(),
          "has rows of %d, not a whole number of %s blocks of %d"
              .formatted(entry.columns(), entry.type(), entry.type().blockElements()));
    }
    long blocks = entry.columns() / entry.type().blockElements();
    long rowBytes = Sizes.product(file, entry.name(), blocks, entry.type().blockBytes());
    return Sizes.product(file, entry.name(), rowBytes, entry.rows());
  }

  private static void requireAtMost(BoundedInput in, String subject, long count, long limit) {
    if (count > limit) {
      throw new ModelException.Malformed(
          in.file(), subject, "is " + count + ", more than the limit of " + limit);
    }
  }

  private static String string(BoundedInput in, String subject, int limit) {
    long length = in.i64(subject);
    in.require(length, 1, subject);
    requireAtMost(in, subject + " length", length, limit);
    byte[] bytes = in.bytes(length, subject);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ModelException.Malformed(in.file(), subject, "is not valid UTF-8", e);
    }
  }
}
