package io.carovana.worker.shard;

import io.carovana.protocol.step.StepPlan;
import io.carovana.protocol.step.StepResult;
import io.carovana.transport.RankLinks;

/**
 * The seam between the step engine and a backend (CPU here, a GPU elsewhere): a shard owns its
 * rank's weights, its part of the KV cache and the step through them. One thread calls it.
 */
public interface Shard extends AutoCloseable {
  /**
   * Runs a step to its end or to an agreed abort. May be entered again, one level deep, from {@link
   * LayerGate#proceed} with an urgent step.
   *
   * @param plan rows of this step
   * @param links the other ranks
   * @param gate consulted after every layer
   * @param result filled in; sequence entries only on tensor-parallel rank 0 of the last stage
   */
  void step(StepPlan plan, RankLinks links, LayerGate gate, StepResult result);

  /** The kernel in use, such as {@code vector-512}. */
  String kernel();

  /** A counter that rises with every tile of work; read by another thread. */
  long progress();

  @Override
  void close();
}
