package io.carovana.transport;

/** Why a frame was dropped. */
public enum Rejection {
  /** Shorter than a header, longer than the limit, or not as long as its header says. */
  SIZE,
  /** Not a frame of this data plane. */
  MAGIC,
  /** Another version of the frame format. */
  VERSION,
  /** Changed on the way. */
  CHECKSUM,
  /** A kind that this lane does not carry. */
  KIND,
  /** Of another placement. */
  EPOCH,
  /** From or for a rank that has no business here. */
  RANK,
  /** Out of sequence, or not what the running operation expects. */
  SEQUENCE
}
