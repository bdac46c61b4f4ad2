package io.carovana.transport;

/**
 * A rank's links over Aeron: a full mesh among the ranks of its stage, and streams from and to the
 * neighbouring stages. Each pair of ranks has one stream per direction, read in the order in which
 * it was written; a frame that comes before its operation waits where it is.
 *
 * <p>One thread calls everything but {@link #shutdown} and {@link #waiting}.
 */
public final class AeronLinks implements RankLinks, AutoCloseable {
  /** Announced steps that may wait. */
  private static final int MAX_ANNOUNCED = 64;

  private final Place place;
  private final Streams streams;
  private final StepStack steps = new StepStack();
  private final StepQueue announced = new StepQueue(MAX_ANNOUNCED);
  private final HandOvers handOvers;
  private final Collective collective;
  private final AllReduce allReduce;
  private final RowExchange rowExchange;
  private final StageLinks stages;

  private AeronLinks(
      AeronNode node, Topology topology, int rank, int maxHandOver, FrameCounters counters) {
    place = Place.of(topology, rank);
    handOvers = new HandOvers(topology.stages() + 1, maxHandOver);
    collective = new Collective(place.tpSize());
    streams = new Streams(node, place, counters, new Frames());
    PeerExchange exchange = new PeerExchange(streams, steps, collective);
    allReduce = new AllReduce(place.tpRank(), place.tpSize(), exchange);
    rowExchange = new RowExchange(place.tpRank(), place.tpSize(), exchange);
    stages = new StageLinks(streams, steps, handOvers);
  }

  /**
   * Opens the links of an epoch. Peers need not listen yet: the first operation waits for them.
   *
   * @param rank this process's global rank
   * @param maxHandOverElements floats of the largest hand-over between stages
   * @param counters counts the frames that were dropped
   * @throws LinkException if a peer cannot be reached from this process at all
   */
  public static AeronLinks open(
      AeronNode node,
      Topology topology,
      int rank,
      int maxHandOverElements,
      FrameCounters counters) {
    return new AeronLinks(node, topology, rank, maxHandOverElements, counters);
  }

  /** Global rank. */
  public int rank() {
    return place.rank();
  }

  @Override
  public int tpRank() {
    return place.tpRank();
  }

  @Override
  public int tpSize() {
    return place.tpSize();
  }

  @Override
  public void beginStep(long step) {
    steps.begin(step);
  }

  @Override
  public void endStep() {
    steps.end();
  }

  @Override
  public long allReduce(
      TreeProgram program, float[] nodes, float[] out, int elements, long control) {
    if (place.tpSize() == 1) {
      streams.requireRunning();
      return allReduce.run(program, nodes, out, elements, control);
    }
    long enteredNs = streams.enter();
    try {
      return allReduce.run(program, nodes, out, elements, control);
    } finally {
      streams.leave(enteredNs);
    }
  }

  @Override
  public void exchangeRows(float[] rows, int count, int width, int[] owner) {
    if (place.tpSize() == 1) {
      return;
    }
    long enteredNs = streams.enter();
    try {
      rowExchange.rows(rows, count, width, owner);
    } finally {
      streams.leave(enteredNs);
    }
  }

  @Override
  public void gatherColumns(float[] local, int count, int[] widths, float[] full) {
    int width = 0;
    for (int w : widths) {
      width += w;
    }
    if (place.tpRank() == 0) {
      for (int row = 0; row < count; row++) {
        System.arraycopy(local, row * widths[0], full, row * width, widths[0]);
      }
    }
    if (place.tpSize() == 1) {
      return;
    }
    long enteredNs = streams.enter();
    try {
      rowExchange.columns(local, count, widths, width, full);
    } finally {
      streams.leave(enteredNs);
    }
  }

  @Override
  public void sendToNextStage(float[] hidden, int elements, boolean aborted) {
    long enteredNs = streams.enter();
    try {
      stages.send(hidden, elements, aborted);
    } finally {
      streams.leave(enteredNs);
    }
  }

  @Override
  public boolean receiveFromPreviousStage(float[] hidden, int elements) {
    long enteredNs = streams.enter();
    try {
      return stages.receive(hidden, elements);
    } finally {
      streams.leave(enteredNs);
    }
  }

  /** Whether the previous stage has begun to hand over {@code step}. */
  public boolean handedOver(long step) {
    return stages.handedOver(step);
  }

  /** Tells the other ranks of the stage, as its tensor-parallel rank 0, which step is next. */
  public void announceNext(long step) {
    long enteredNs = streams.enter();
    try {
      stages.announce(step);
    } finally {
      streams.leave(enteredNs);
    }
  }

  /** The next step that tensor-parallel rank 0 announced, 0 if none has come. */
  public long announcedNext() {
    return announced.poll();
  }

  /**
   * Takes in what has arrived while no operation runs.
   *
   * @return amount of work done
   * @throws LinkException if a peer is gone
   */
  public int poll() {
    int work = streams.poll();
    streams.checkOpen();
    return work;
  }

  @Override
  public long waitedNs() {
    return streams.waitedNs();
  }

  /** Whether the engine's thread is inside an operation; any thread may ask. */
  public boolean waiting() {
    return streams.waiting();
  }

  /** Makes the running operation, and every later one, throw; any thread may call. */
  public void shutdown() {
    streams.shutdown();
  }

  @Override
  public void close() {
    streams.close();
  }

  /** Sorts inbound frames: peers by tensor-parallel rank, then the previous stage. */
  private final class Frames implements Inlet.Receiver {
    @Override
    public int sourceOf(Frame frame) {
      return switch (frame.kind()) {
        case HAND_OVER ->
            place.previousRank() >= 0 && frame.source() == place.previousRank()
                ? place.tpSize()
                : -1;
        case COLLECTIVE -> peer(frame);
        case NEXT_STEP -> peer(frame) == 0 ? 0 : -1;
        case PLAN, ABORT, RESULT, PROGRESS -> -1;
      };
    }

    private int peer(Frame frame) {
      int peer = frame.source() - place.firstRank();
      return peer >= 0 && peer < place.tpSize() && peer != place.tpRank() ? peer : -1;
    }

    @Override
    public String nameOf(int source) {
      int rank = source == place.tpSize() ? place.previousRank() : place.firstRank() + source;
      return "rank " + rank;
    }

    @Override
    public boolean accept(int source, Frame frame) {
      return switch (frame.kind()) {
        case HAND_OVER -> handOvers.accept(frame);
        case NEXT_STEP -> announced.offer(frame.step());
        default -> collective.accept(source, frame);
      };
    }
  }
}
