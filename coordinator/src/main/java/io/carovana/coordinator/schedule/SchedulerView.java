package io.carovana.coordinator.schedule;

import java.util.List;

/**
 * The scheduler at one moment.
 *
 * @param queued requests waiting for admission
 * @param running requests admitted
 * @param outstanding steps under way
 * @param kvPagesFree free pages of the KV pool; 0 without an epoch
 * @param kvPagesCached of the free pages, those that hold a finished block
 * @param kvPagesTotal its pages
 * @param steps steps formed since the process began
 * @param evictions sequences that gave their pages up, since the process began
 * @param totals requests and tokens since the process began
 * @param requests live requests, oldest first, probes left out; no more than {@link #MOST_REQUESTS}
 * @param pace how fast the epoch is
 */
public record SchedulerView(
    int queued,
    int running,
    int outstanding,
    int kvPagesFree,
    int kvPagesCached,
    int kvPagesTotal,
    long steps,
    long evictions,
    Ledger.Totals totals,
    List<RequestView> requests,
    Pace pace) {
  /** Most requests that are listed. */
  public static final int MOST_REQUESTS = 64;

  /**
   * What work takes, measured; zero until known.
   *
   * @param tokenUs a prompt token, without attention to what is before it
   * @param positionUs more for each position before it
   * @param decodeUs a step that decodes only
   * @param layerBudgetUs what a layer of a chunk may take beside streams
   * @param contextUs predicted: a prompt as long as the context, alone
   * @param contextBesideUs predicted: the same beside streams that decode without pause
   * @param streamFactor predicted: how many times slower those streams are then at most
   */
  public record Pace(
      double tokenUs,
      double positionUs,
      double decodeUs,
      double layerBudgetUs,
      double contextUs,
      double contextBesideUs,
      double streamFactor) {
    /** Nothing is known. */
    static final Pace UNKNOWN = new Pace(0, 0, 0, 0, 0, 0, 0);
  }
}
