package io.carovana.transport;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One frame of the data plane in a buffer of its own: a header of {@link #HEADER_BYTES} bytes and a
 * payload, little-endian. The checksum covers both, so a flipped bit anywhere shows.
 *
 * <pre>
 *  0 magic u32      4 version u8   5 kind u8     6 phase u8   7 flags u8
 *  8 epoch i64     16 step i64    24 control u64
 * 32 operation i32 36 source i32  40 fragment i32 44 total i32
 * 48 sequence i32  52 length i32  56 checksum u32 60 destination i32
 * </pre>
 */
final class Frame {
  static final int MAGIC = 0x4E565243; // "CRVN"
  static final int VERSION = 1;
  static final int HEADER_BYTES = 64;

  /** Largest frame: one fragment of an Aeron publication with an MTU of 32 KiB. */
  static final int MAX_BYTES = 32 * 1024 - 32;

  static final int MAX_PAYLOAD_BYTES = MAX_BYTES - HEADER_BYTES;
  static final int MAX_PAYLOAD_FLOATS = MAX_PAYLOAD_BYTES / Float.BYTES;

  /** Source or destination that is the coordinator. */
  static final int COORDINATOR = -1;

  /** Flag of a hand-over whose stage aborted the step. */
  static final int ABORTED = 1;

  private static final int AT_VERSION = 4;
  private static final int AT_KIND = 5;
  private static final int AT_PHASE = 6;
  private static final int AT_FLAGS = 7;
  private static final int AT_EPOCH = 8;
  private static final int AT_STEP = 16;
  private static final int AT_CONTROL = 24;
  private static final int AT_OPERATION = 32;
  private static final int AT_SOURCE = 36;
  private static final int AT_FRAGMENT = 40;
  private static final int AT_TOTAL = 44;
  private static final int AT_SEQUENCE = 48;
  private static final int AT_LENGTH = 52;
  private static final int AT_CHECKSUM = 56;
  private static final int AT_DESTINATION = 60;

  /** What a frame carries. */
  enum Kind {
    /** Part of a collective among the ranks of a stage. */
    COLLECTIVE,
    /** Part of the residual stream for the next stage. */
    HAND_OVER,
    /** Which step the stage runs next, said by its tensor-parallel rank 0. */
    NEXT_STEP,
    /** Part of a step plan. */
    PLAN,
    /** An order to abort a step. */
    ABORT,
    /** Part of a step's result. */
    RESULT,
    /** A progress report. */
    PROGRESS;

    private static final Kind[] ALL = values();
  }

  private final byte[] array = new byte[MAX_BYTES];
  private final UnsafeBuffer buffer = new UnsafeBuffer(array);
  private final ByteBuffer bytes = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer payload =
      bytes.slice(HEADER_BYTES, MAX_PAYLOAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final FloatBuffer floats = payload.asFloatBuffer();
  private final CRC32C checksum = new CRC32C();

  /** Starts a frame; everything not named is zero. */
  Frame begin(Kind kind, long epoch, int source, int destination) {
    bytes.putInt(0, MAGIC).put(AT_VERSION, (byte) VERSION).put(AT_KIND, (byte) kind.ordinal());
    bytes.put(AT_PHASE, (byte) 0).put(AT_FLAGS, (byte) 0);
    bytes.putLong(AT_EPOCH, epoch).putLong(AT_STEP, 0).putLong(AT_CONTROL, 0);
    bytes.putInt(AT_OPERATION, 0).putInt(AT_SOURCE, source).putInt(AT_DESTINATION, destination);
    return part(0, 0);
  }

  Frame operation(long step, int operation, int phase, long control) {
    bytes.putLong(AT_STEP, step).putInt(AT_OPERATION, operation).put(AT_PHASE, (byte) phase);
    bytes.putLong(AT_CONTROL, control);
    return this;
  }

  Frame flags(int flags) {
    bytes.put(AT_FLAGS, (byte) flags);
    return this;
  }

  /** Which part of a message of {@code total} floats or bytes this is. */
  Frame part(int fragment, int total) {
    bytes.putInt(AT_FRAGMENT, fragment).putInt(AT_TOTAL, total);
    return this;
  }

  /** Closes the frame over a payload of {@code length} bytes. */
  void seal(int sequence, int length) {
    bytes.putInt(AT_SEQUENCE, sequence).putInt(AT_LENGTH, length);
    bytes.putInt(AT_CHECKSUM, checksum(length));
  }

  private int checksum(int length) {
    bytes.putInt(AT_CHECKSUM, 0);
    checksum.reset();
    checksum.update(array, 0, HEADER_BYTES + length);
    return (int) checksum.getValue();
  }

  /**
   * Copies a received frame in and checks what can be checked without knowing the receiver: size,
   * magic, version, length, checksum, kind.
   *
   * @return why it must be dropped, or null
   */
  @Nullable Rejection read(DirectBuffer source, int offset, int length) {
    if (length < HEADER_BYTES || length > MAX_BYTES) {
      return Rejection.SIZE;
    }
    source.getBytes(offset, array, 0, length);
    if (bytes.getInt(0) != MAGIC) {
      return Rejection.MAGIC;
    }
    if (bytes.get(AT_VERSION) != VERSION) {
      return Rejection.VERSION;
    }
    if (payloadBytes() != length - HEADER_BYTES) {
      return Rejection.SIZE;
    }
    int expected = bytes.getInt(AT_CHECKSUM);
    if (checksum(payloadBytes()) != expected) {
      return Rejection.CHECKSUM;
    }
    int kind = bytes.get(AT_KIND);
    return kind < 0 || kind >= Kind.ALL.length ? Rejection.KIND : null;
  }

  UnsafeBuffer buffer() {
    return buffer;
  }

  /** The payload's whole room, little-endian; use absolute access or restore the position. */
  ByteBuffer payload() {
    return payload;
  }

  FloatBuffer floats() {
    return floats;
  }

  int bytes() {
    return HEADER_BYTES + payloadBytes();
  }

  Kind kind() {
    return Kind.ALL[bytes.get(AT_KIND)];
  }

  int phase() {
    return bytes.get(AT_PHASE);
  }

  boolean aborted() {
    return (bytes.get(AT_FLAGS) & ABORTED) != 0;
  }

  long epoch() {
    return bytes.getLong(AT_EPOCH);
  }

  long step() {
    return bytes.getLong(AT_STEP);
  }

  long control() {
    return bytes.getLong(AT_CONTROL);
  }

  int operation() {
    return bytes.getInt(AT_OPERATION);
  }

  int source() {
    return bytes.getInt(AT_SOURCE);
  }

  int destination() {
    return bytes.getInt(AT_DESTINATION);
  }

  int fragment() {
    return bytes.getInt(AT_FRAGMENT);
  }

  int total() {
    return bytes.getInt(AT_TOTAL);
  }

  int sequence() {
    return bytes.getInt(AT_SEQUENCE);
  }

  int payloadBytes() {
    return bytes.getInt(AT_LENGTH);
  }
}
