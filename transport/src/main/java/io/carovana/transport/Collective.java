package io.carovana.transport;

/**
 * The running exchange among the ranks of a stage: what goes out to each peer and what comes in
 * from each, in up to two phases. A state machine without I/O of its own; {@link PeerExchange}
 * moves its frames. All blocks of the first phase and the incoming blocks of the second are known
 * from the start, because a peer may enter its second phase earlier.
 */
final class Collective {
  /** Phases of an exchange at most. */
  static final int PHASES = 2;

  private final Block[][] incoming;
  private final Block[] outgoing;
  private boolean running;
  private long step;
  private int operation;
  private int phase;
  private long control;
  private long agreed;

  Collective(int tpSize) {
    incoming = new Block[PHASES][tpSize];
    outgoing = new Block[tpSize];
    for (int rank = 0; rank < tpSize; rank++) {
      outgoing[rank] = new Block();
      for (int p = 0; p < PHASES; p++) {
        incoming[p][rank] = new Block();
      }
    }
  }

  /** Begins an exchange; nothing is to be moved until blocks say so. */
  void begin(long step, int operation, long control) {
    this.step = step;
    this.operation = operation;
    this.control = control;
    agreed = control;
    phase = 0;
    running = true;
    for (int rank = 0; rank < outgoing.length; rank++) {
      outgoing[rank].none();
      for (int p = 0; p < PHASES; p++) {
        incoming[p][rank].none();
      }
    }
  }

  /** Goes on to the second phase; its outgoing blocks are set next. */
  void nextPhase() {
    phase++;
  }

  void end() {
    running = false;
  }

  /** What goes to {@code rank} in this phase. */
  Block outgoing(int rank) {
    return outgoing[rank];
  }

  /** What comes from {@code rank} in {@code phase}. */
  Block incoming(int phase, int rank) {
    return incoming[phase][rank];
  }

  /** Whether this phase has brought in everything. */
  boolean received() {
    for (Block block : incoming[phase]) {
      if (!block.done()) {
        return false;
      }
    }
    return true;
  }

  /** Maximum of the control words of this rank and of all that sent something. */
  long agreed() {
    return agreed;
  }

  /** Fills in the next frame for {@code rank}. */
  int fill(int rank, Frame frame) {
    Block block = outgoing[rank];
    frame.operation(step, operation, phase, control).part(block.next(), block.total());
    int bytes = block.nextLength() * Float.BYTES;
    block.copyTo(frame.floats());
    return bytes;
  }

  /**
   * Takes a frame of {@code rank}.
   *
   * @return false if it belongs to a later exchange
   */
  boolean accept(int rank, Frame frame) {
    boolean sameStep = frame.step() == step;
    if (!running || !sameStep || frame.operation() != operation) {
      if (sameStep && frame.operation() < operation) {
        throw new LinkException("rank " + frame.source() + " sent too much for an exchange");
      }
      return false;
    }
    int framePhase = frame.phase();
    if (framePhase < 0 || framePhase >= PHASES) {
      throw new LinkException("rank " + frame.source() + " is in phase " + framePhase);
    }
    Block block = incoming[framePhase][rank];
    if (block.done()
        || frame.fragment() != block.next()
        || frame.total() != block.total()
        || frame.payloadBytes() != block.nextLength() * Float.BYTES) {
      throw new LinkException(
          "rank " + frame.source() + " disagrees about exchange " + operation + " of step " + step);
    }
    block.copyFrom(frame.floats());
    agreed = Control.max(agreed, frame.control());
    return true;
  }
}
