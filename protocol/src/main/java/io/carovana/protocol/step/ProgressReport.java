package io.carovana.protocol.step;

/**
 * What a rank's transport thread says about the rank ten times a second. Liveness is judged by it,
 * so it tells work of the rank's own (COMPUTING) from waiting on others. A reusable carrier.
 */
public final class ProgressReport {
  /** What the rank's engine thread is doing. */
  public enum State {
    /** No step to run. */
    IDLE,
    /** Work of its own: its counter must rise. */
    COMPUTING,
    /** Inside an exchange with other ranks: its counter may stand still. */
    WAITING
  }

  /** Placement of the rank. */
  public long epoch;

  /** Global rank. */
  public int rank;

  /** Rises with every tile of work. */
  public long counter;

  /** What the engine thread is doing. */
  public State state = State.IDLE;

  /** The innermost step that runs, 0 for none. */
  public long step;

  /** Frames of another epoch this process dropped since the epoch began. */
  public long droppedEpoch;

  /** Frames it dropped for any other reason. */
  public long droppedOther;
}
