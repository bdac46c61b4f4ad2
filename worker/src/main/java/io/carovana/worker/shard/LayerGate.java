package io.carovana.worker.shard;

/** Where a running step meets orders from outside: between two layers, on all ranks alike. */
public interface LayerGate {
  /** A gate that is always open. */
  LayerGate OPEN =
      new LayerGate() {
        @Override
        public long proposal() {
          return 0;
        }

        @Override
        public boolean proceed(long agreed) {
          return true;
        }
      };

  /** This rank's control word, sent along with the last all-reduce of a layer. */
  long proposal();

  /**
   * Acts on what the ranks agreed: may run urgent steps on the same shard before it returns.
   *
   * @param agreed maximum of all ranks' control words
   * @return false if the running step is aborted
   */
  boolean proceed(long agreed);
}
