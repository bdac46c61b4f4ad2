package io.carovana.transport;

/** Exchanges rows and columns among the ranks of a stage. */
final class RowExchange {
  private final int tpRank;
  private final int tpSize;
  private final PeerExchange exchange;
  private float[] sent = new float[0];
  private float[] received = new float[0];

  RowExchange(int tpRank, int tpSize, PeerExchange exchange) {
    this.tpRank = tpRank;
    this.tpSize = tpSize;
    this.exchange = exchange;
  }

  /** As {@link RankLinks#exchangeRows}, as many rows at a time as fit in the scratch space. */
  void rows(float[] rows, int count, int width, int[] owner) {
    int group = Math.max(1, AllReduce.SEGMENT_ELEMENTS / width);
    for (int from = 0; from < count; from += group) {
      group(rows, from, Math.min(count, from + group), width, owner);
    }
  }

  private void group(float[] rows, int from, int to, int width, int[] owner) {
    reserve((to - from) * width);
    int own = 0;
    for (int row = from; row < to; row++) {
      if (owner[row] == tpRank) {
        System.arraycopy(rows, row * width, sent, own++ * width, width);
      }
    }
    Collective collective = exchange.begin(0);
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      if (peer != tpRank) {
        int theirs = ownedBy(peer, from, to, owner) * width;
        collective.outgoing(peer).contiguous(sent, 0, own * width);
        collective.incoming(0, peer).contiguous(received, at, theirs);
        at += theirs;
      }
    }
    exchange.runPhase();
    collective.end();
    unpack(rows, from, to, width, owner);
  }

  private static int ownedBy(int rank, int from, int to, int[] owner) {
    int owned = 0;
    for (int row = from; row < to; row++) {
      owned += owner[row] == rank ? 1 : 0;
    }
    return owned;
  }

  private void unpack(float[] rows, int from, int to, int width, int[] owner) {
    int at = 0;
    for (int peer = 0; peer < tpSize; peer++) {
      for (int row = from; row < to; row++) {
        if (peer != tpRank && owner[row] == peer) {
          System.arraycopy(received, at, rows, row * width, width);
          at += width;
        }
      }
    }
  }

  private void reserve(int elements) {
    if (received.length < elements) {
      received = new float[elements];
      sent = new float[elements];
    }
  }

  /** The others' part of {@link RankLinks#gatherColumns}. */
  void columns(float[] local, int count, int[] widths, int width, float[] full) {
    Collective collective = exchange.begin(0);
    if (tpRank == 0) {
      int column = widths[0];
      for (int peer = 1; peer < tpSize; peer++) {
        collective.incoming(0, peer).strided(full, column, count, widths[peer], width);
        column += widths[peer];
      }
    } else {
      collective.outgoing(0).contiguous(local, 0, count * widths[tpRank]);
    }
    exchange.runPhase();
    collective.end();
  }
}
