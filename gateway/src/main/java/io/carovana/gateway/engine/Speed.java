package io.carovana.gateway.engine;

import io.carovana.protocol.v1.Pace;

/**
 * How fast the cluster is, as the coordinator measured it: a prompt's token at position p takes
 * {@code tokenUs + positionNs * p / 1000} microseconds where nothing else runs.
 *
 * @param tokenUs per prompt token, without attention to what is before it; 0 when unknown
 * @param positionNs more for each position before it
 * @param decodeMs per new token while no prompt is read; 0 when unknown
 */
public record Speed(double tokenUs, double positionNs, double decodeMs) {
  private static final double US_PER_SECOND = 1e6;
  private static final double US_PER_MS = 1e3;
  private static final double NS_PER_US = 1e3;

  /** What was measured; a measurement that makes no sense counts as none. */
  public static Speed of(Pace pace) {
    return new Speed(sane(pace.getTokenUs()), sane(pace.getPositionNs()), sane(pace.getDecodeMs()));
  }

  /** Whether reading prompts has been measured. */
  public boolean prefillKnown() {
    return tokenUs > 0;
  }

  /** Whether writing has been measured. */
  public boolean decodeKnown() {
    return decodeMs > 0;
  }

  /** Time to read a prompt of {@code tokens} tokens of which none is cached, ms. */
  public double prefillMs(int tokens) {
    double positions = tokens * (tokens - 1.0) / 2;
    return (tokens * tokenUs + positions * positionNs / NS_PER_US) / US_PER_MS;
  }

  /** Prompt tokens per second at {@code position}; {@link #prefillKnown} must hold. */
  public double prefillTokensPerSecond(int position) {
    return US_PER_SECOND / (tokenUs + positionNs * position / NS_PER_US);
  }

  private static double sane(double measured) {
    return measured > 0 && Double.isFinite(measured) ? measured : 0;
  }
}
