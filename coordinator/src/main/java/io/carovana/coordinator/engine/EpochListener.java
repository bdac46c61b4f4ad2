package io.carovana.coordinator.engine;

/** Hears how an epoch fares. Called on the agent's thread; must return quickly. */
public interface EpochListener {
  /** The ranks generated a first real token together. */
  void onProven(long epoch);

  /**
   * The epoch cannot go on.
   *
   * @param rank the rank to blame, -1 for none in particular
   * @param reason what happened, in words
   */
  void onBroken(long epoch, int rank, String reason);
}
