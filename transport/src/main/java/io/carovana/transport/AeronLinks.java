package io.carovana.transport;

import io.carovana.transport.Endpoint.Lane;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A rank's links over Aeron: a full mesh among the ranks of its stage, and streams from and to the
 * neighbouring stages. Each pair of ranks has one stream per direction, read in the order in which
 * it was written; a frame that comes before its operation waits where it is. While an operation
 * waits it offers and polls in turn, so ranks cannot stop one another by filling their windows.
 *
 * <p>One thread calls everything but {@link #shutdown} and {@link #waiting}.
 */
public final class AeronLinks implements RankLinks, AutoCloseable {
  /** Elements of an all-reduce that are exchanged at a time; bounds the scratch space. */
  static final int SEGMENT_ELEMENTS = 256 * 1024;

  /** All-reduces of at least so many elements are scattered over the ranks, if that is less. */
  static final int SCATTER_ELEMENTS = 16 * 1024;

  /** Announced steps that may wait. */
  private static final int MAX_ANNOUNCED = 64;

  /** Steps that may be running within one another, and "between steps". */
  private static final int MAX_NESTED = 3;

  private final int tpRank;
  private final int tpSize;
  private final int firstRank;
  private final int previousRank;
  private final Inlet inlet;
  private final @Nullable Outlet[] peers;
  private final List<Outlet> next = new ArrayList<>();
  private final HandOvers handOvers;
  private final StepQueue announced = new StepQueue(MAX_ANNOUNCED);
  private final Collective collective;
  private final TreeSum sum = new TreeSum();
  private final IdleStrategy idle = GradualIdle.forExchange();

  private final long[] steps = new long[MAX_NESTED];
  private final int[] operations = new int[MAX_NESTED];
  private int depth;

  private float[] scratch = new float[0];
  private float[] packed = new float[0];
  private float[][] operands = new float[0][];
  private int[] offsets = new int[0];
  private final float[][] ownNodes = new float[1][];

  private long waitedNs;
  private volatile boolean waiting;
  private volatile boolean shutdown;

  private AeronLinks(
      AeronNode node, Topology topology, int rank, int maxHandOver, FrameCounters counters) {
    Topology.Rank self = topology.ranks().get(rank);
    tpRank = self.tpRank();
    tpSize = topology.sizeOf(self.stage());
    firstRank = rank - tpRank;
    previousRank = previousRank(topology, self);
    handOvers = new HandOvers(topology.stages() + 1, maxHandOver);
    collective = new Collective(tpSize);
    peers = new @Nullable Outlet[tpSize];
    long epoch = topology.epoch();
    inlet = new Inlet(node, Lane.TENSORS, epoch, rank, tpSize + 1, counters, new Frames());
    try {
      for (int peer = 0; peer < tpSize; peer++) {
        if (peer != tpRank) {
          peers[peer] = outlet(node, topology, rank, firstRank + peer);
        }
      }
      for (int receiver : nextRanks(topology, self)) {
        next.add(outlet(node, topology, rank, receiver));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
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

  private static Outlet outlet(AeronNode node, Topology topology, int from, int to) {
    Endpoint endpoint = topology.ranks().get(to).endpoint();
    int termBytes = DriverSettings.TENSOR_TERM_BYTES;
    return new Outlet(node, endpoint, Lane.TENSORS, termBytes, topology.epoch(), from, to);
  }

  /** Rank j of a stage receives from rank j mod (its size) of the stage before; -1 in the first. */
  private static int previousRank(Topology topology, Topology.Rank self) {
    if (self.stage() == 0) {
      return -1;
    }
    int before = self.stage() - 1;
    return topology.firstOf(before) + self.tpRank() % topology.sizeOf(before);
  }

  private static List<Integer> nextRanks(Topology topology, Topology.Rank self) {
    List<Integer> ranks = new ArrayList<>();
    int stage = self.stage() + 1;
    if (stage < topology.stages()) {
      int step = topology.sizeOf(self.stage());
      for (int j = self.tpRank(); j < topology.sizeOf(stage); j += step) {
        ranks.add(topology.firstOf(stage) + j);
      }
    }
    return ranks;
  }

  /** Global rank. */
  public int rank() {
    return firstRank + tpRank;
  }

  @Override
  public int tpRank() {
    return tpRank;
  }

  @Override
  public int tpSize() {
    return tpSize;
  }

  @Override
  public void beginStep(long step) {
    if (step <= 0 || depth + 1 == MAX_NESTED) {
      throw new IllegalStateException("step " + step + " at depth " + depth);
    }
    depth++;
    steps[depth] = step;
    operations[depth] = 0;
  }

  @Override
  public void endStep() {
    if (depth == 0) {
      throw new IllegalStateException("no step to end");
    }
    depth--;
  }

  @Override
  public long allReduce(
      TreeProgram program, float[] nodes, float[] out, int elements, long control) {
    if (tpSize == 1) {
      ownNodes[0] = nodes;
      sum.finish(program, ownNodes, elements, 0, elements, out);
      return control;
    }
    long enteredNs = enter();
    try {
      boolean scatter = scatters(program, elements);
      long agreed = control;
      int from = 0;
      do {
        int count = Math.min(SEGMENT_ELEMENTS, elements - from);
        beginOperation(agreed);
        if (scatter) {
          reduceScattered(program, nodes, out, elements, from, count);
        } else {
          reduceAtOnce(program, nodes, out, elements, from, count);
        }
        agreed = collective.agreed();
        from += count;
      } while (from < elements);
      return agreed;
    } finally {
      leave(enteredNs);
    }
  }

  /**
   * Whether scattering moves fewer floats: with n partial sums over t ranks, everybody to everybody
   * costs n (t - 1) per element, reduce-scatter and all-gather (n / t + 1) (t - 1).
   */
  private boolean scatters(TreeProgram program, int elements) {
    return elements >= SCATTER_ELEMENTS && program.nodes() * (tpSize - 1) > tpSize;
  }

  /** Sends every partial sum to every rank; all finish all elements. */
  private void reduceAtOnce(
      TreeProgram program, float[] nodes, float[] out, int elements, int from, int count) {
    int own = program.nodesPerRank()[tpRank];
    reserveScratch((program.nodes() - own) * count);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int received = program.nodesPerRank()[peer] * count;
        collective.outgoing(peer).strided(nodes, from, own, count, elements);
        collective.incoming(0, peer).contiguous(scratch, at, received);
        at += received;
      }
    }
    runPhase();
    collective.end();
    finish(program, nodes, from, elements, count, out, from);
  }

  /** Each rank finishes a part of the elements and sends it to all. */
  private void reduceScattered(
      TreeProgram program, float[] nodes, float[] out, int elements, int from, int count) {
    int own = program.nodesPerRank()[tpRank];
    int mine = part(from, count, tpRank);
    int length = part(from, count, tpRank + 1) - mine;
    reserveScratch((program.nodes() - own) * length);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int theirs = part(from, count, peer);
        int theirLength = part(from, count, peer + 1) - theirs;
        int received = program.nodesPerRank()[peer] * length;
        collective.outgoing(peer).strided(nodes, theirs, own, theirLength, elements);
        collective.incoming(0, peer).contiguous(scratch, at, received);
        collective.incoming(1, peer).contiguous(out, theirs, theirLength);
        at += received;
      }
    }
    runPhase();
    finish(program, nodes, mine, elements, length, out, mine);
    collective.nextPhase();
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        collective.outgoing(peer).contiguous(out, mine, length);
      }
    }
    runPhase();
    collective.end();
  }

  /** First of the {@code count} elements from {@code from} that {@code rank} finishes. */
  private int part(int from, int count, int rank) {
    return from + (int) ((long) count * rank / tpSize);
  }

  /** Finishes {@code length} elements from own partial sums and those in {@link #scratch}. */
  private void finish(
      TreeProgram program,
      float[] nodes,
      int ownOffset,
      int ownStride,
      int length,
      float[] out,
      int outOffset) {
    if (operands.length < program.nodes()) {
      operands = new float[program.nodes()][];
      offsets = new int[program.nodes()];
    }
    int k = 0;
    int at = 0;
    for (int rank = 0; rank < tpSize; rank++) {
      for (int node = 0; node < program.nodesPerRank()[rank]; node++) {
        if (rank == tpRank) {
          operands[k] = nodes;
          offsets[k++] = ownOffset + node * ownStride;
        } else {
          operands[k] = scratch;
          offsets[k++] = at;
          at += length;
        }
      }
    }
    sum.finish(program, operands, offsets, out, outOffset, length);
  }

  @Override
  public void exchangeRows(float[] rows, int count, int width, int[] owner) {
    if (tpSize == 1) {
      return;
    }
    long enteredNs = enter();
    try {
      int group = Math.max(1, SEGMENT_ELEMENTS / width);
      for (int from = 0; from < count; from += group) {
        exchangeRowGroup(rows, from, Math.min(count, from + group), width, owner);
      }
    } finally {
      leave(enteredNs);
    }
  }

  private void exchangeRowGroup(float[] rows, int from, int to, int width, int[] owner) {
    reserveScratch((to - from) * width);
    if (packed.length < scratch.length) {
      packed = new float[scratch.length];
    }
    int own = 0;
    for (int row = from; row < to; row++) {
      if (owner[row] == tpRank) {
        System.arraycopy(rows, row * width, packed, own++ * width, width);
      }
    }
    beginOperation(0);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int theirs = ownedBy(peer, from, to, owner) * width;
        collective.outgoing(peer).contiguous(packed, 0, own * width);
        collective.incoming(0, peer).contiguous(scratch, at, theirs);
        at += theirs;
      }
    }
    runPhase();
    collective.end();
    at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      for (int row = from; row < to; row++) {
        if (peer != tpRank && owner[row] == peer) {
          System.arraycopy(scratch, at, rows, row * width, width);
          at += width;
        }
      }
    }
  }

  private static int ownedBy(int rank, int from, int to, int[] owner) {
    int owned = 0;
    for (int row = from; row < to; row++) {
      owned += owner[row] == rank ? 1 : 0;
    }
    return owned;
  }

  @Override
  public void gatherColumns(float[] local, int count, int[] widths, float[] full) {
    int width = 0;
    for (int w : widths) {
      width += w;
    }
    if (tpRank == 0) {
      for (int row = 0; row < count; row++) {
        System.arraycopy(local, row * widths[0], full, row * width, widths[0]);
      }
    }
    if (tpSize == 1) {
      return;
    }
    long enteredNs = enter();
    try {
      beginOperation(0);
      if (tpRank == 0) {
        int column = widths[0];
        for (int peer = 1; peer < tpSize; peer++) {
          collective.incoming(0, peer).strided(full, column, count, widths[peer], width);
          column += widths[peer];
        }
      } else {
        collective.outgoing(0).contiguous(local, 0, count * widths[tpRank]);
      }
      runPhase();
      collective.end();
    } finally {
      leave(enteredNs);
    }
  }

  @Override
  public void sendToNextStage(float[] hidden, int elements, boolean aborted) {
    long enteredNs = enter();
    try {
      int total = aborted ? 0 : elements;
      for (Outlet outlet : next) {
        int fragments = Math.max(1, Math.ceilDiv(total, Frame.MAX_PAYLOAD_FLOATS));
        for (int fragment = 0; fragment < fragments; fragment++) {
          int at = fragment * Frame.MAX_PAYLOAD_FLOATS;
          int length = Math.min(Frame.MAX_PAYLOAD_FLOATS, total - at);
          Frame frame = outlet.begin(Frame.Kind.HAND_OVER);
          frame.operation(steps[depth], 0, 0, 0).part(fragment, total);
          frame.flags(aborted ? Frame.ABORTED : 0).floats().put(0, hidden, at, length);
          outlet.send(length * Float.BYTES);
          awaitFlushed(outlet);
        }
      }
    } finally {
      leave(enteredNs);
    }
  }

  @Override
  public boolean receiveFromPreviousStage(float[] hidden, int elements) {
    long enteredNs = enter();
    try {
      HandOvers.Slot slot = handOvers.find(steps[depth]);
      while (slot == null || !slot.complete()) {
        rest(inlet.poll());
        slot = handOvers.find(steps[depth]);
      }
      boolean aborted = slot.aborted();
      if (!aborted) {
        if (slot.total() != elements) {
          throw new LinkException(
              "the previous stage handed over " + slot.total() + " floats, not " + elements);
        }
        System.arraycopy(slot.data(), 0, hidden, 0, elements);
      }
      slot.release();
      return !aborted;
    } finally {
      leave(enteredNs);
    }
  }

  /** Whether the previous stage has begun to hand over {@code step}. */
  public boolean handedOver(long step) {
    return handOvers.find(step) != null;
  }

  /** Tells the other ranks of the stage, as its tensor-parallel rank 0, which step is next. */
  public void announceNext(long step) {
    long enteredNs = enter();
    try {
      for (Outlet outlet : peers) {
        if (outlet != null) {
          outlet.begin(Frame.Kind.NEXT_STEP).operation(step, 0, 0, 0);
          outlet.send(0);
          awaitFlushed(outlet);
        }
      }
    } finally {
      leave(enteredNs);
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
    int work = inlet.poll();
    checkOpen();
    return work;
  }

  @Override
  public long waitedNs() {
    return waitedNs;
  }

  /** Whether the engine's thread is inside an operation; any thread may ask. */
  public boolean waiting() {
    return waiting;
  }

  /** Makes the running operation, and every later one, throw; any thread may call. */
  public void shutdown() {
    shutdown = true;
  }

  private void beginOperation(long control) {
    collective.begin(steps[depth], ++operations[depth], control);
  }

  private void runPhase() {
    boolean done = false;
    while (!done) {
      int work = inlet.poll();
      boolean sent = true;
      for (int peer = 0; peer < tpSize; peer++) {
        Outlet outlet = peers[peer];
        if (outlet != null) {
          work += send(peer, outlet);
          sent &= collective.outgoing(peer).done() && !outlet.staged();
        }
      }
      done = sent && collective.received();
      if (!done) {
        rest(work);
      }
    }
    idle.reset();
  }

  private int send(int peer, Outlet outlet) {
    int work = 0;
    Block block = collective.outgoing(peer);
    while (outlet.flush() && !block.done()) {
      Frame frame = outlet.begin(Frame.Kind.COLLECTIVE);
      outlet.send(collective.fill(peer, frame));
      work++;
    }
    return work;
  }

  private void awaitFlushed(Outlet outlet) {
    while (!outlet.flush()) {
      rest(inlet.poll());
    }
    idle.reset();
  }

  private void rest(int work) {
    if (work == 0) {
      checkOpen();
    }
    idle.idle(work);
  }

  private void checkOpen() {
    if (shutdown) {
      throw new LinkException("this rank is shutting down");
    }
    for (int source = 0; source <= tpSize; source++) {
      inlet.requireAlive(source);
    }
  }

  private long enter() {
    waiting = true;
    return System.nanoTime();
  }

  private void leave(long enteredNs) {
    waitedNs += System.nanoTime() - enteredNs;
    waiting = false;
  }

  private void reserveScratch(int elements) {
    if (scratch.length < elements) {
      scratch = new float[elements];
    }
  }

  @Override
  public void close() {
    inlet.close();
    for (Outlet outlet : peers) {
      if (outlet != null) {
        outlet.close();
      }
    }
    next.forEach(Outlet::close);
  }

  /** Sorts inbound frames: peers by tensor-parallel rank, then the previous stage. */
  private final class Frames implements Inlet.Receiver {
    @Override
    public int sourceOf(Frame frame) {
      return switch (frame.kind()) {
        case HAND_OVER -> previousRank >= 0 && frame.source() == previousRank ? tpSize : -1;
        case COLLECTIVE, NEXT_STEP -> {
          int peer = frame.source() - firstRank;
          boolean known = peer >= 0 && peer < tpSize && peer != tpRank;
          yield known && (frame.kind() == Frame.Kind.COLLECTIVE || peer == 0) ? peer : -1;
        }
        case PLAN, ABORT, RESULT, PROGRESS -> -1;
      };
    }

    @Override
    public String nameOf(int source) {
      return "rank " + (source == tpSize ? previousRank : firstRank + source);
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
