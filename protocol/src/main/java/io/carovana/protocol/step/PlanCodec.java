package io.carovana.protocol.step;

import java.nio.ByteBuffer;

/**
 * A {@link StepPlan} as bytes, little-endian. Decoding trusts nothing: a count is compared with the
 * bytes that remain before it is used.
 */
public final class PlanCodec {
  private static final int HEADER_BYTES = 8 + 8 + 1 + 4;
  private static final int SEQUENCE_BYTES = 8 + 4 + 4 + 4 + 1 + 1 + 4 + 4 + 4 + 4 + 8 + 4 + 4;

  private static final int URGENT = 1;
  private static final int LOGPROBS = 1;
  private static final int DIGEST = 2;

  private static final SequenceStep.Logits[] LOGITS = SequenceStep.Logits.values();

  private PlanCodec() {}

  /** Bytes {@link #encode} writes. */
  public static int encodedBytes(StepPlan plan) {
    long bytes = HEADER_BYTES;
    for (int i = 0; i < plan.size(); i++) {
      SequenceStep entry = plan.get(i);
      bytes += SEQUENCE_BYTES + 4L * entry.rows + 4L * entry.pageCount;
    }
    return Math.toIntExact(bytes);
  }

  /**
   * Writes a plan at the buffer's position.
   *
   * @param out little-endian, with {@link #encodedBytes} bytes remaining
   */
  public static void encode(StepPlan plan, ByteBuffer out) {
    Wire.requireLittleEndian(out);
    out.putLong(plan.epoch).putLong(plan.step).put((byte) (plan.urgent ? URGENT : 0));
    out.putInt(plan.size());
    for (int i = 0; i < plan.size(); i++) {
      encode(plan.get(i), out);
    }
  }

  private static void encode(SequenceStep entry, ByteBuffer out) {
    out.putLong(entry.sequence).putInt(entry.start).putInt(entry.rows).putInt(entry.pageCount);
    int flags = (entry.logprobs ? LOGPROBS : 0) | (entry.digest ? DIGEST : 0);
    out.put((byte) entry.logits.ordinal()).put((byte) flags).putInt(entry.sampledRows);
    out.putInt(entry.nextPromptToken).putFloat(entry.temperature).putFloat(entry.topP);
    out.putLong(entry.seed).putInt(entry.choice).putInt(entry.topLogprobs);
    Wire.putInts(out, entry.tokens, entry.rows);
    Wire.putInts(out, entry.pages, entry.pageCount);
  }

  /**
   * Reads a plan that takes up all remaining bytes.
   *
   * @param in little-endian
   * @param plan overwritten; undefined after a failure
   * @throws StepFormatException if the bytes are not a plan
   */
  public static void decode(ByteBuffer in, StepPlan plan) throws StepFormatException {
    Wire.requireLittleEndian(in);
    plan.clear();
    Wire.require(in, HEADER_BYTES, "plan header");
    plan.epoch = in.getLong();
    plan.step = in.getLong();
    plan.urgent = Wire.flags(in.get(), URGENT, "plan") != 0;
    int size = Wire.count(in, in.getInt(), SEQUENCE_BYTES, "sequences");
    for (int i = 0; i < size; i++) {
      decode(in, plan.add());
    }
    Wire.requireEnd(in, "plan");
  }

  private static void decode(ByteBuffer in, SequenceStep entry) throws StepFormatException {
    Wire.require(in, SEQUENCE_BYTES, "sequence");
    entry.sequence = in.getLong();
    entry.start = in.getInt();
    int rows = in.getInt();
    int pages = in.getInt();
    entry.logits = LOGITS[Wire.inRange(in.get(), 0, LOGITS.length - 1, "logits")];
    int flags = Wire.flags(in.get(), LOGPROBS | DIGEST, "sequence");
    entry.logprobs = (flags & LOGPROBS) != 0;
    entry.digest = (flags & DIGEST) != 0;
    entry.sampledRows = Wire.inRange(in.getInt(), 0, Math.max(rows, 0), "sampled rows");
    entry.nextPromptToken = Wire.inRange(in.getInt(), -1, Integer.MAX_VALUE, "next prompt token");
    entry.temperature = in.getFloat();
    entry.topP = in.getFloat();
    if (!(entry.temperature >= 0 && entry.temperature <= Float.MAX_VALUE)) {
      throw new StepFormatException("temperature " + entry.temperature);
    }
    if (!(entry.topP > 0 && entry.topP <= 1)) {
      throw new StepFormatException("top_p " + entry.topP);
    }
    entry.seed = in.getLong();
    entry.choice = in.getInt();
    entry.topLogprobs = Wire.inRange(in.getInt(), 0, SequenceResult.MAX_TOP, "top logprobs");
    Wire.count(in, rows, 4, "tokens");
    Wire.inRange(entry.start, 0, Integer.MAX_VALUE - rows, "start");
    Wire.count(in, pages, 4, "pages");
    entry.reserve(rows, pages);
    entry.rows = rows;
    entry.pageCount = pages;
    Wire.getInts(in, entry.tokens, rows, "tokens");
    Wire.getInts(in, entry.pages, pages, "pages");
  }
}
