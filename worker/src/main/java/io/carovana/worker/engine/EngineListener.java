package io.carovana.worker.engine;

/** Hears of an engine's end that nobody asked for. Called at most once, on the engine's thread. */
public interface EngineListener {
  /**
   * The rank can run no more steps in this epoch: a peer or the driver is gone, or the shard
   * failed.
   *
   * @param epoch the engine's epoch
   * @param reason what happened, in words
   */
  void engineEnded(long epoch, String reason);
}
