package io.carovana.protocol.step;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/** A {@link StepResult} as bytes, little-endian; decoding is checked like {@link PlanCodec}'s. */
public final class ResultCodec {
  /** Most bytes of a failure's words; longer ones are cut. */
  public static final int MAX_FAILURE_BYTES = 4096;

  private static final int HEADER_BYTES = 8 + 8 + 1 + 8 + 8 + 4 + 4;
  private static final int SEQUENCE_BYTES = 8 + 4 + 4 + 4 + 1 + 4 + 4;
  private static final StepResult.Status[] STATUSES = StepResult.Status.values();
  private static final byte[] NO_FAILURE = {};

  private ResultCodec() {}

  /** Bytes {@link #encode} writes at most (the failure's words may take fewer). */
  public static int encodedBytes(StepResult result) {
    long bytes = result.failure == null ? 0 : MAX_FAILURE_BYTES;
    bytes += HEADER_BYTES;
    for (int i = 0; i < result.size(); i++) {
      SequenceResult entry = result.get(i);
      bytes += SEQUENCE_BYTES + 8L * entry.topCount + (entry.hasDigest ? entry.digest.length : 0);
      bytes += 4L * entry.promptCount + 8L * entry.promptCount * entry.promptTop;
    }
    return Math.toIntExact(bytes);
  }

  /**
   * Writes a result at the buffer's position.
   *
   * @param out little-endian, with {@link #encodedBytes} bytes remaining
   */
  public static void encode(StepResult result, ByteBuffer out) {
    Wire.requireLittleEndian(out);
    out.putLong(result.epoch).putLong(result.step).put((byte) result.status.ordinal());
    out.putLong(result.computeNs).putLong(result.waitNs);
    byte[] failure = result.failure == null ? NO_FAILURE : result.failure.getBytes(UTF_8);
    int failureBytes = Math.min(failure.length, MAX_FAILURE_BYTES);
    out.putInt(result.failure == null ? -1 : failureBytes).putInt(result.size());
    out.put(failure, 0, failureBytes);
    for (int i = 0; i < result.size(); i++) {
      encode(result.get(i), out);
    }
  }

  private static void encode(SequenceResult entry, ByteBuffer out) {
    out.putLong(entry.sequence).putInt(entry.token).putFloat(entry.logprob);
    out.putInt(entry.topCount).put((byte) (entry.hasDigest ? 1 : 0));
    out.putInt(entry.promptCount).putInt(entry.promptTop);
    Wire.putInts(out, entry.topIds, entry.topCount);
    Wire.putFloats(out, entry.topLogprobs, entry.topCount);
    if (entry.hasDigest) {
      out.put(entry.digest);
    }
    Wire.putFloats(out, entry.promptLogprobs, entry.promptCount);
    Wire.putInts(out, entry.promptTopIds, entry.promptCount * entry.promptTop);
    Wire.putFloats(out, entry.promptTopLogprobs, entry.promptCount * entry.promptTop);
  }

  /**
   * Reads a result that takes up all remaining bytes.
   *
   * @param in little-endian
   * @param result overwritten; undefined after a failure
   * @throws StepFormatException if the bytes are not a result
   */
  public static void decode(ByteBuffer in, StepResult result) throws StepFormatException {
    Wire.requireLittleEndian(in);
    result.clear();
    Wire.require(in, HEADER_BYTES, "result header");
    result.epoch = in.getLong();
    result.step = in.getLong();
    result.status = STATUSES[Wire.inRange(in.get(), 0, STATUSES.length - 1, "status")];
    result.computeNs = in.getLong();
    result.waitNs = in.getLong();
    int failureBytes = Wire.inRange(in.getInt(), -1, MAX_FAILURE_BYTES, "failure length");
    int size = Wire.count(in, in.getInt(), SEQUENCE_BYTES, "sequences");
    if (failureBytes >= 0) {
      byte[] failure = new byte[Wire.count(in, failureBytes, 1, "bytes of failure")];
      in.get(failure);
      result.failure = new String(failure, UTF_8);
    }
    for (int i = 0; i < size; i++) {
      decode(in, result.add());
    }
    Wire.requireEnd(in, "result");
  }

  private static void decode(ByteBuffer in, SequenceResult entry) throws StepFormatException {
    Wire.require(in, SEQUENCE_BYTES, "sequence");
    entry.sequence = in.getLong();
    entry.token = Wire.inRange(in.getInt(), -1, Integer.MAX_VALUE, "token");
    entry.logprob = in.getFloat();
    entry.topCount = Wire.inRange(in.getInt(), 0, SequenceResult.MAX_TOP, "alternatives");
    entry.hasDigest = Wire.flags(in.get(), 1, "sequence") != 0;
    int promptCount = in.getInt();
    int promptTop = in.getInt();
    Wire.getInts(in, entry.topIds, entry.topCount, "alternatives");
    Wire.getFloats(in, entry.topLogprobs, entry.topCount, "alternatives");
    if (entry.hasDigest) {
      Wire.require(in, entry.digest.length, "digest");
      in.get(entry.digest);
    }
    Wire.count(in, promptCount, 4, "prompt rows");
    Wire.inRange(promptTop, 0, SequenceResult.MAX_TOP, "alternatives per prompt row");
    Wire.count(in, promptCount, 4 + 8 * promptTop, "prompt rows");
    entry.reservePrompt(promptCount, promptTop);
    Wire.getFloats(in, entry.promptLogprobs, promptCount, "prompt rows");
    Wire.getInts(in, entry.promptTopIds, promptCount * promptTop, "prompt alternatives");
    Wire.getFloats(in, entry.promptTopLogprobs, promptCount * promptTop, "prompt alternatives");
  }
}
