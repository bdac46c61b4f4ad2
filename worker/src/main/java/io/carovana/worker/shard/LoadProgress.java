package io.carovana.worker.shard;

/** Told how far loading has come, on the loading thread. */
@FunctionalInterface
public interface LoadProgress {
  /** Tells nobody. */
  LoadProgress SILENT = (done, total) -> {};

  /**
   * After every piece that was read.
   *
   * @param done bytes read so far
   * @param total bytes of all slices, as the files store them
   */
  void loaded(long done, long total);
}
