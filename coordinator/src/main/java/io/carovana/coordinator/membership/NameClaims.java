package io.carovana.coordinator.membership;

import io.carovana.protocol.cluster.WireRefs;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Newcomers that want the name of a worker that may still live. A process that was started again
 * takes the name of its predecessor; a second process of the same name must not disturb the first.
 * Which of the two it is shows within some hellos: the dead say no more of them.
 */
final class NameClaims {
  /** What becomes of a newcomer. */
  enum Verdict {
    /** The holder is gone and the name is the newcomer's. */
    GRANTED,
    /** It does not show yet. */
    WAIT,
    /** The holder lives. */
    TAKEN
  }

  /** Hellos come every second; a holder that has said none for so long is dead. */
  private static final long SILENT_NS = Duration.ofMillis(2500).toNanos();

  /**
   * Between a first hello and anything concluded from it. Hellos that wait while the coordinator
   * stands still are read within less, in any order.
   */
  private static final long SETTLE_NS = Duration.ofMillis(500).toNanos();

  /** A newcomer that is silent for so long has given up. */
  private static final long FORGET_NS = Duration.ofSeconds(10).toNanos();

  private record Claim(long sinceNs, long heardNs) {}

  private final Map<String, Claim> byIncarnation = new HashMap<>();

  /** Decides about a newcomer that says hello by the name of {@code holder}. */
  Verdict judge(Worker holder, WorkerHello hello, long nowNs) {
    String incarnation = hello.getIncarnation();
    byIncarnation.values().removeIf(claim -> nowNs - claim.heardNs() > FORGET_NS);
    Claim before = byIncarnation.remove(incarnation);
    long sinceNs = before == null ? nowNs : before.sinceNs();
    Verdict verdict = judge(holder, WireRefs.address(hello.getReplyTo()), sinceNs, nowNs);
    if (verdict == Verdict.WAIT) {
      byIncarnation.put(incarnation, new Claim(sinceNs, nowNs));
    }
    return verdict;
  }

  private static Verdict judge(Worker holder, String address, long sinceNs, long nowNs) {
    boolean gone =
        switch (holder.state) {
          case RESERVE, LOADING, SERVING -> false;
          case REFUSED, FENCED, LOST -> true;
        };
    if (gone || holder.address().equals(address)) {
      return Verdict.GRANTED;
    }
    if (nowNs - sinceNs < SETTLE_NS) {
      return Verdict.WAIT;
    }
    if (nowNs - holder.heardNs >= SILENT_NS) {
      return Verdict.GRANTED;
    }
    return holder.heardNs - sinceNs >= SETTLE_NS ? Verdict.TAKEN : Verdict.WAIT;
  }
}
