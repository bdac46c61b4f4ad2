package io.carovana.worker.kernels.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carovana.worker.kernels.VnniTile;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** {@link BlockSoftmaxCode}, loaded. */
final class SoftmaxCall {
  private static final MethodHandle CALL =
      CodeCall.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private final MemorySegment entry;

  SoftmaxCall(byte[] code) {
    entry = CodeMemory.load(List.of(code)).getFirst();
  }

  /** One query of a tile, which sees {@code keys} keys of the block. */
  void run(int query, int keys, VnniTile tile) {
    try {
      CALL.invokeExact(
          entry,
          tile.dots(query),
          tile.record(query),
          tile.scales(),
          tile.seen(keys),
          tile.digits(query));
    } catch (Throwable e) {
      throw new IllegalStateException("machine code of softmax failed", e);
    }
  }
}
