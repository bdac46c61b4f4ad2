package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.shard.Range;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any block of a tensor is read as it lies in the file, by several threads at once. */
class SliceReadsTest {
  @TempDir Path folder;
  private Path file;
  private ModelFiles model;

  @BeforeEach
  void open() {
    file = SyntheticModel.gguf(folder.resolve("m.gguf"), SyntheticModel.TINY, WeightType.Q4_0, 9);
    model = ModelFiles.open(file);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private byte[] whole(TensorInfo tensor) {
    byte[] bytes = new byte[(int) tensor.byteLength()];
    model.read(tensor, new Range(0, tensor.rows()), MemorySegment.ofArray(bytes));
    return bytes;
  }

  private static byte[] block(TensorInfo tensor, byte[] whole, Range rows, Range columns) {
    int rowBytes = (int) tensor.rowBytes();
    int skip = (int) tensor.type().rowBytes(columns.start());
    int width = (int) tensor.type().rowBytes(columns.size());
    byte[] block = new byte[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(whole, (rows.start() + row) * rowBytes + skip, block, row * width, width);
    }
    return block;
  }

  @Test
  void readsBlocksFromManyThreads() throws Exception {
    long seed = System.nanoTime();
    TensorInfo tensor = (TensorInfo) model.tensor(TensorPart.DOWN, 1);
    byte[] whole = whole(tensor);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> pending = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        SplittableRandom random = new SplittableRandom(seed + thread);
        pending.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    checkBlock(tensor, whole, random, seed);
                  }
                }));
      }
      for (Future<?> future : pending) {
        future.get();
      }
    }
  }

  private void checkBlock(TensorInfo tensor, byte[] whole, SplittableRandom random, long seed) {
    int firstRow = random.nextInt(tensor.rows());
    Range rows = new Range(firstRow, random.nextInt(firstRow, tensor.rows() + 1));
    int blocks = tensor.columns() / 32;
    int firstBlock = random.nextInt(blocks);
    Range columns = new Range(firstBlock * 32, random.nextInt(firstBlock, blocks + 1) * 32);
    byte[] expected = block(tensor, whole, rows, columns);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment destination = arena.allocate(Math.max(expected.length, 1));
      MemorySegment exact = destination.asSlice(0, expected.length);
      model.read(tensor, rows, columns, exact);
      assertThat(exact.toArray(ValueLayout.JAVA_BYTE))
          .as("seed %d, %s x %s", seed, rows, columns)
          .isEqualTo(expected);
    }
  }

  @Test
  void matchesThePositionInTheFile() throws IOException {
    TensorInfo tensor = (TensorInfo) model.tensor(TensorPart.OUTPUT_NORM);
    byte[] all = java.nio.file.Files.readAllBytes(file);
    byte[] expected =
        Arrays.copyOfRange(
            all, (int) tensor.offset(), (int) (tensor.offset() + tensor.byteLength()));
    assertThat(whole(tensor)).isEqualTo(expected);
  }

  @Test
  void refusesWhatIsNotWholeBlocksOrDoesNotFit() {
    TensorInfo tensor = (TensorInfo) model.tensor(TensorPart.DOWN, 0);
    Range rows = new Range(0, 1);
    MemorySegment room = MemorySegment.ofArray(new byte[18]);
    assertThatThrownBy(() -> model.read(tensor, rows, new Range(16, 48), room))
        .hasMessageContaining("cuts a Q4_0 block");
    assertThatThrownBy(() -> model.read(tensor, rows, new Range(0, 64), room))
        .hasMessageContaining("18 bytes");
    assertThatThrownBy(() -> model.read(tensor, new Range(0, 9999), room))
        .hasMessageContaining("rows");
    assertThat(tensor.roundOut(new Range(40, 65))).isEqualTo(new Range(32, 96));
  }

  @Test
  void aFileThatShrinksWhileItIsReadIsATypedFailure() throws IOException {
    TensorInfo last = (TensorInfo) model.tensor(TensorPart.LM_HEAD);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(last.offset() + 10);
    }
    assertThatThrownBy(() -> whole(last))
        .isInstanceOf(ModelException.ReadFailed.class)
        .hasMessageContainingAll(file.toString(), "output.weight", "ends at byte");
  }

  @Test
  void readingAfterCloseIsATypedFailure() {
    TensorInfo tensor = (TensorInfo) model.tensor(TensorPart.EMBEDDING);
    model.close();
    assertThatThrownBy(() -> whole(tensor)).isInstanceOf(ModelException.ReadFailed.class);
  }
}
