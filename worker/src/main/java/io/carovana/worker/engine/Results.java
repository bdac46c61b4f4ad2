package io.carovana.worker.engine;

import io.carovana.protocol.step.ResultCodec;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.MessageKind;
import io.carovana.transport.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sends the results of steps to the coordinator. */
final class Results implements AutoCloseable {
  private static final int FIRST_BYTES = 64 * 1024;

  private final MessageWriter writer;
  private ByteBuffer bytes = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  Results(MessageWriter writer) {
    this.writer = writer;
  }

  /** Begins to send a result; then {@link #flush} until it is gone. */
  void begin(StepResult result) {
    int needed = ResultCodec.encodedBytes(result);
    if (bytes.capacity() < needed) {
      bytes = ByteBuffer.allocate(needed).order(ByteOrder.LITTLE_ENDIAN);
    }
    ResultCodec.encode(result, bytes.clear());
    writer.begin(MessageKind.RESULT, bytes.flip());
  }

  /** Whether the coordinator's stream has taken everything. */
  boolean flush() {
    return writer.flush();
  }

  @Override
  public void close() {
    writer.close();
  }
}
