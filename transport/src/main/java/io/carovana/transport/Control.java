package io.carovana.transport;

/**
 * The word that ranks agree on between layers: how many urgent plans and how many abort orders a
 * rank has seen since the epoch began. Orders reach every rank in the same sequence, so the
 * elementwise maximum over the ranks of a stage names the same orders to all of them.
 */
public final class Control {
  private Control() {}

  /** Packs the two counts. */
  public static long of(int urgentPlans, int aborts) {
    return ((long) urgentPlans << 32) | (aborts & 0xFFFF_FFFFL);
  }

  /** Urgent plans seen. */
  public static int urgentPlans(long control) {
    return (int) (control >>> 32);
  }

  /** Abort orders seen. */
  public static int aborts(long control) {
    return (int) control;
  }

  /** The elementwise maximum. */
  public static long max(long a, long b) {
    return of(Math.max(urgentPlans(a), urgentPlans(b)), Math.max(aborts(a), aborts(b)));
  }
}
