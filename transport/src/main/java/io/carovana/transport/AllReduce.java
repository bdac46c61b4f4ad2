package io.carovana.transport;

/**
 * Sums over the ranks of a stage. Small ones in one phase, in which everybody sends every partial
 * sum to everybody; large ones in two, reduce-scatter and all-gather, where that moves fewer
 * floats. Either way {@link TreeSum} finishes the sum, so the bits do not tell which.
 */
final class AllReduce {
  /** Elements that are exchanged at a time; bounds the scratch space. */
  static final int SEGMENT_ELEMENTS = 256 * 1024;

  /** Sums of at least so many elements are scattered over the ranks, if that is less. */
  static final int SCATTER_ELEMENTS = 16 * 1024;

  private final int tpRank;
  private final int tpSize;
  private final PeerExchange exchange;
  private final TreeSum sum = new TreeSum();
  private float[] received = new float[0];
  private float[][] operands = new float[0][];
  private int[] offsets = new int[0];

  AllReduce(int tpRank, int tpSize, PeerExchange exchange) {
    this.tpRank = tpRank;
    this.tpSize = tpSize;
    this.exchange = exchange;
  }

  /** As {@link RankLinks#allReduce}. */
  long run(TreeProgram program, float[] nodes, float[] out, int elements, long control) {
    if (tpSize == 1) {
      finish(program, nodes, 0, elements, elements, out, 0);
      return control;
    }
    boolean scatter = scatters(program, elements);
    long agreed = control;
    int from = 0;
    do {
      int count = Math.min(SEGMENT_ELEMENTS, elements - from);
      Collective collective = exchange.begin(agreed);
      if (scatter) {
        scattered(collective, program, nodes, out, elements, from, count);
      } else {
        atOnce(collective, program, nodes, out, elements, from, count);
      }
      collective.end();
      agreed = collective.agreed();
      from += count;
    } while (from < elements);
    return agreed;
  }

  /**
   * Whether scattering moves fewer floats: with n partial sums over t ranks, everybody to everybody
   * costs n (t - 1) per element, reduce-scatter and all-gather (n / t + 1) (t - 1).
   */
  private boolean scatters(TreeProgram program, int elements) {
    return elements >= SCATTER_ELEMENTS && program.nodes() * (tpSize - 1) > tpSize;
  }

  private void atOnce(
      Collective collective,
      TreeProgram program,
      float[] nodes,
      float[] out,
      int elements,
      int from,
      int count) {
    int own = program.nodesPerRank()[tpRank];
    reserve((program.nodes() - own) * count);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int floats = program.nodesPerRank()[peer] * count;
        collective.outgoing(peer).strided(nodes, from, own, count, elements);
        collective.incoming(0, peer).contiguous(received, at, floats);
        at += floats;
      }
    }
    exchange.runPhase();
    finish(program, nodes, from, elements, count, out, from);
  }

  private void scattered(
      Collective collective,
      TreeProgram program,
      float[] nodes,
      float[] out,
      int elements,
      int from,
      int count) {
    int own = program.nodesPerRank()[tpRank];
    int mine = part(from, count, tpRank);
    int length = part(from, count, tpRank + 1) - mine;
    reserve((program.nodes() - own) * length);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int theirs = part(from, count, peer);
        int theirLength = part(from, count, peer + 1) - theirs;
        int floats = program.nodesPerRank()[peer] * length;
        collective.outgoing(peer).strided(nodes, theirs, own, theirLength, elements);
        collective.incoming(0, peer).contiguous(received, at, floats);
        collective.incoming(1, peer).contiguous(out, theirs, theirLength);
        at += floats;
      }
    }
    exchange.runPhase();
    finish(program, nodes, mine, elements, length, out, mine);
    collective.nextPhase();
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        collective.outgoing(peer).contiguous(out, mine, length);
      }
    }
    exchange.runPhase();
  }

  /** First of the {@code count} elements from {@code from} that {@code rank} finishes. */
  private int part(int from, int count, int rank) {
    return from + (int) ((long) count * rank / tpSize);
  }

  /** Finishes {@code length} elements from own partial sums and those in {@link #received}. */
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
          operands[k] = received;
          offsets[k++] = at;
          at += length;
        }
      }
    }
    sum.finish(program, operands, offsets, out, outOffset, length);
  }

  private void reserve(int elements) {
    if (received.length < elements) {
      received = new float[elements];
    }
  }
}
