package io.carovana.coordinator.engine;

/**
 * One rank's work since the epoch began.
 *
 * @param computeSeconds time it computed
 * @param waitSeconds time it waited in collectives and hand-overs
 * @param stepP50Ms median of a step
 * @param stepP99Ms 99th percentile
 * @param steps steps done
 * @param degraded whether it is much slower than its peers
 */
public record RankFigures(
    double computeSeconds,
    double waitSeconds,
    double stepP50Ms,
    double stepP99Ms,
    long steps,
    boolean degraded) {}
