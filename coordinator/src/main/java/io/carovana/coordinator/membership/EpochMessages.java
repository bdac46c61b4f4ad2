package io.carovana.coordinator.membership;

import io.carovana.coordinator.CoordinatorSettings;
import io.carovana.coordinator.engine.EpochSetup;
import io.carovana.coordinator.placement.PlacementProposal;
import io.carovana.coordinator.schedule.EngineLimits;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.ModelSpec;
import io.carovana.protocol.v1.Retire;
import java.time.Duration;

/** What an epoch tells its workers, its scheduler and those whom it turns away. */
final class EpochMessages {
  /** After how long a client or worker that was turned away may try again. */
  static final int RETRY_SECONDS = 5;

  private final CoordinatorParts parts;

  EpochMessages(CoordinatorParts parts) {
    this.parts = parts;
  }

  /** The model and the sizes of a placement. */
  ModelSpec spec(PlacementProposal.Placed placed) {
    CoordinatorSettings settings = parts.settings();
    return ModelSpec.newBuilder()
        .setPath(modelPath())
        .setDigest(parts.model().digest())
        .setQuantize(settings.quantize())
        .setKvProfile(settings.kvProfile())
        .setContext(placed.context())
        .setKvPages(placed.kvPages())
        .setMaxStepTokens(
            EngineLimits.maxStepRows(settings.prefillChunk(), settings.maxSequences()))
        .setMaxSequences(settings.maxSequences())
        .build();
  }

  /** What the scheduler needs to run an epoch whose ranks are all ready. */
  EpochSetup setup(Epoch current) {
    CoordinatorSettings settings = parts.settings();
    var topology = current.topology();
    return new EpochSetup(
        topology,
        parts.channels(),
        new EngineLimits(
            topology.ranks().size(),
            topology.firstOf(topology.stages() - 1),
            topology.stages(),
            current.placed().context(),
            current.placed().kvPages(),
            settings.prefillChunk(),
            settings.maxSequences(),
            mostLayers(current),
            settings.prefixCache(),
            settings.speculation()),
        Duration.ofMillis(settings.fenceAfterMs()).toNanos(),
        parts.model().files().config().bosId());
  }

  private static int mostLayers(Epoch epoch) {
    return epoch.placement().getRanksList().stream()
        .mapToInt(rank -> rank.getLayers().getEnd() - rank.getLayers().getStart())
        .max()
        .orElseThrow();
  }

  /** Why a worker with other weights is refused, and what to do. */
  String differs(Worker worker, String conflict) {
    return "the model on %s is not the one on the others: %s; copy %s from the coordinator's machine"
        .formatted(worker.node(), conflict, modelPath());
  }

  /** Lets a worker in. */
  HelloAck welcome(boolean reserve) {
    return HelloAck.newBuilder().setReserve(reserve).setModelPath(modelPath()).build();
  }

  private String modelPath() {
    return parts.model().files().path().toString();
  }

  /** A worker's part of the epoch. */
  static Assign assign(Epoch epoch, int rank) {
    return Assign.newBuilder().setPlacement(epoch.placement()).setRank(rank).build();
  }

  /** Takes a worker out of an epoch. */
  static Retire retire(long epoch, String why) {
    return Retire.newBuilder().setEpoch(epoch).setReason(why).build();
  }

  /** Has a newcomer wait until it shows whether its name is free. */
  static HelloAck held() {
    return HelloAck.newBuilder().setReserve(true).build();
  }

  /** Turns a worker away. */
  static HelloAck refused(Failure failure) {
    return HelloAck.newBuilder().setRefused(failure.toInfo()).build();
  }

  /** What requests are answered while nothing is served. */
  static Failure unavailable(String why) {
    return new Failure.Unavailable(why, RETRY_SECONDS);
  }
}
