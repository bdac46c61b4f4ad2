package io.carovana.coordinator.engine;

import io.carovana.coordinator.schedule.Ending;
import io.carovana.coordinator.schedule.Request;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Generates one real token from a fixed prompt when an epoch begins and whenever it has been idle
 * for long; the same token must come out, from the same logits. A pure state machine.
 */
final class SelfTest {
  /** Time without any token after which the epoch is tested. */
  static final long IDLE_NS = 30_000_000_000L;

  /** What came of the last one. */
  enum Verdict {
    /** None has ended yet. */
    NONE,
    /** The first of the epoch, or equal to it. */
    PASSED,
    /** Other logits than the first. */
    DIFFERENT,
    /** It ended with an error. */
    FAILED
  }

  private final long epoch;
  private final int probeToken;
  private Verdict verdict = Verdict.NONE;
  private @Nullable Request current;
  private @Nullable String expected;
  private long runs;

  SelfTest(long epoch, int probeToken) {
    this.epoch = epoch;
    this.probeToken = probeToken;
  }

  /**
   * The request to run now, if it is time.
   *
   * @param idle no request waits or runs
   * @param sinceTokenNs time since the last token of this epoch
   */
  @Nullable Request due(boolean idle, long sinceTokenNs) {
    boolean time = runs == 0 || sinceTokenNs >= IDLE_NS;
    if (current != null || !idle || !time) {
      return null;
    }
    current = Request.probe("self-test-" + epoch + "-" + ++runs, probeToken);
    return current;
  }

  /** Takes in the end of a request; the verdict if it was the self-test, else null. */
  @Nullable Verdict ended(Request request, Ending ending) {
    if (request != current) {
      return null;
    }
    current = null;
    String digest = HexFormat.of().formatHex(ending.logitsDigest());
    if (ending.reason() != Ending.Reason.LENGTH) {
      verdict = Verdict.FAILED;
    } else if (expected == null || expected.equals(digest)) {
      expected = digest;
      verdict = Verdict.PASSED;
    } else {
      verdict = Verdict.DIFFERENT;
    }
    return verdict;
  }

  boolean passed() {
    return verdict == Verdict.PASSED;
  }
}
