package io.carovana.coordinator.schedule;

/**
 * The scheduler at one moment.
 *
 * @param queued requests waiting for admission
 * @param running requests admitted
 * @param outstanding steps under way
 * @param kvPagesFree free pages of the KV pool; 0 without an epoch
 * @param kvPagesTotal its pages
 * @param steps steps formed since the process began
 * @param totals requests and tokens since the process began
 */
public record SchedulerView(
    int queued,
    int running,
    int outstanding,
    int kvPagesFree,
    int kvPagesTotal,
    long steps,
    Ledger.Totals totals) {}
