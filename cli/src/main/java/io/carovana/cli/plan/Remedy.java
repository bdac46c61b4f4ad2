package io.carovana.cli.plan;

/**
 * A change that makes a plan fit; its forecast is the proof.
 *
 * @param words what changes, for people
 * @param forecast of the changed arrangement; it fits
 */
public record Remedy(String words, Forecast forecast) {
  /** Refuses one that does not help. */
  public Remedy {
    if (!forecast.fits()) {
      throw new IllegalArgumentException(words + " does not make it fit");
    }
  }
}
