package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.shard.Range;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An opened model: its shape, where every tensor lies, and positional reads of any slice. Nothing
 * is mapped and no weight is read until it is asked for. Opening has checked every length, offset
 * and shape against the files.
 *
 * <p>Do not interrupt a thread that reads: the JDK then closes the file for all of them, and later
 * reads are {@link ModelException.ReadFailed}.
 */
public final class ModelFiles implements TensorReader, AutoCloseable {
  /** Which of the two file layouts a model has. */
  public enum Format {
    /** A folder with config.json and safetensors. */
    HUGGING_FACE,
    /** One GGUF file, or its parts. */
    GGUF
  }

  /**
   * What a reader of one format found.
   *
   * @param format the format
   * @param path the folder, or the (first) GGUF file
   * @param config the model's shape
   * @param tensors all tensors, {@code lm_head} left out where embeddings are tied
   * @param tokenizer where to look for the tokenizer; fails typed if there is none
   */
  record Contents(
      Format format,
      Path path,
      ModelConfig config,
      List<? extends ModelTensor> tensors,
      TokenizerLookup tokenizer) {}

  /** Finds the tokenizer, late, because a worker does without. */
  @FunctionalInterface
  interface TokenizerLookup {
    TokenizerSource find();
  }

  private final Contents contents;
  private final TensorTable table;
  private final Map<Path, FileChannel> channels;
  private final Map<Int4Matrix, Boolean> symmetric = new ConcurrentHashMap<>();

  ModelFiles(Contents contents, Map<Path, FileChannel> channels) {
    this.contents = contents;
    this.table = new TensorTable(contents.path(), contents.config(), contents.tensors());
    this.channels = Map.copyOf(channels);
  }

  /**
   * Opens what {@code reference} names: a folder, a Hub cache snapshot or its {@code models--…}
   * root, a GGUF file, or {@code org/name} in the local Hub cache.
   *
   * @throws ModelException saying what is wrong with it
   */
  public static ModelFiles open(String reference) {
    return open(ModelPaths.resolve(reference));
  }

  /**
   * Opens a folder or a GGUF file.
   *
   * @throws ModelException saying what is wrong with it
   */
  public static ModelFiles open(Path path) {
    return ModelOpener.open(path);
  }

  /** Which format the files have. */
  public Format format() {
    return contents.format();
  }

  /** The folder, or the (first) GGUF file. */
  public Path path() {
    return contents.path();
  }

  @Override
  public ModelConfig config() {
    return contents.config();
  }

  @Override
  public boolean ropeInterleaved() {
    return format() == Format.GGUF;
  }

  @Override
  public ModelTensor tensor(TensorPart part, int layer) {
    return table.get(part, layer);
  }

  /** Every norm and matrix that is used, in the order of {@link TensorSlice}. */
  public List<ModelTensor> tensors() {
    return table.all();
  }

  /** Bytes of all tensors. */
  public long totalBytes() {
    return table.all().stream().mapToLong(ModelTensor::storedBytes).sum();
  }

  /**
   * Where the tokenizer is.
   *
   * @throws ModelException.Incomplete if the model came without one that Carovana reads
   */
  public TokenizerSource tokenizer() {
    return contents.tokenizer().find();
  }

  @Override
  public void read(TensorInfo tensor, Range rows, Range columns, MemorySegment destination) {
    SliceReads.read(channel(tensor), tensor, rows, columns, destination);
  }

  @Override
  public boolean isSymmetric(Int4Matrix matrix) {
    return symmetric.computeIfAbsent(matrix, asked -> Int4Zeros.areMiddle(this, asked));
  }

  /** Reads bytes of a tensor from {@code offset} within it, wherever its rows begin. */
  void readBytes(TensorInfo tensor, long offset, MemorySegment destination) {
    SliceReads.readFully(
        channel(tensor), tensor.file(), tensor.name(), tensor.offset() + offset, destination);
  }

  private FileChannel channel(TensorInfo tensor) {
    FileChannel channel = channels.get(tensor.file());
    if (channel == null) {
      throw new IllegalArgumentException(tensor.name() + " is not a tensor of " + path());
    }
    return channel;
  }

  @Override
  public void close() {
    closeAll(channels.values());
  }

  static void closeAll(Iterable<FileChannel> channels) {
    UncheckedIOException failure = null;
    for (FileChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        failure = new UncheckedIOException(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
