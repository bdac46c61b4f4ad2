package io.carovana.protocol.step;

import java.nio.ByteBuffer;

/** A {@link ProgressReport} as {@link #BYTES} bytes, little-endian. */
public final class ProgressCodec {
  /** Size of every report. */
  public static final int BYTES = 8 + 4 + 8 + 1 + 8 + 8 + 8;

  private static final ProgressReport.State[] STATES = ProgressReport.State.values();

  private ProgressCodec() {}

  /** Writes a report at the buffer's position. */
  public static void encode(ProgressReport report, ByteBuffer out) {
    Wire.requireLittleEndian(out);
    out.putLong(report.epoch).putInt(report.rank).putLong(report.counter);
    out.put((byte) report.state.ordinal()).putLong(report.step);
    out.putLong(report.droppedEpoch).putLong(report.droppedOther);
  }

  /**
   * Reads a report that takes up all remaining bytes.
   *
   * @throws StepFormatException if the bytes are not a report
   */
  public static void decode(ByteBuffer in, ProgressReport report) throws StepFormatException {
    Wire.requireLittleEndian(in);
    Wire.require(in, BYTES, "progress report");
    report.epoch = in.getLong();
    report.rank = Wire.inRange(in.getInt(), 0, Integer.MAX_VALUE, "rank");
    report.counter = in.getLong();
    report.state = STATES[Wire.inRange(in.get(), 0, STATES.length - 1, "state")];
    report.step = in.getLong();
    report.droppedEpoch = in.getLong();
    report.droppedOther = in.getLong();
    Wire.requireEnd(in, "progress report");
  }
}
