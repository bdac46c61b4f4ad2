package io.carovana.coordinator;

import com.google.protobuf.Message;
import io.carovana.coordinator.dataplane.AeronStepChannel;
import io.carovana.coordinator.membership.CoordinatorActor;
import io.carovana.coordinator.membership.CoordinatorParts;
import io.carovana.coordinator.membership.EpochNumbers;
import io.carovana.protocol.Failure;
import io.carovana.protocol.NodeSettings;
import io.carovana.protocol.cluster.ClusterSystem;
import io.carovana.protocol.cluster.FrontDesk;
import io.carovana.protocol.cluster.PortInUseException;
import io.carovana.protocol.v1.DataEndpoint;
import io.carovana.transport.AeronNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;

/** The coordinator role of a process: control plane, scheduler and data-plane end. */
public final class CoordinatorProcess implements AutoCloseable {
  private static final String SINGLETON = "coordinator";

  private final ServedModel model;
  private final AeronNode node;
  private final ActorSystem<Message> system;
  private volatile boolean closed;

  private CoordinatorProcess(ServedModel model, AeronNode node, ActorSystem<Message> system) {
    this.model = model;
    this.node = node;
    this.system = system;
  }

  /**
   * Opens the model, listens, and forms or joins the cluster; returns when the port is open.
   *
   * @throws PortInUseException if the control port is taken
   * @throws io.carovana.transport.DataPortException if the data port is taken
   * @throws io.carovana.model.files.ModelException if the model cannot be served
   * @throws IllegalArgumentException if a setting is out of range, naming it
   */
  public static CoordinatorProcess start(CoordinatorSettings settings) {
    SettingsCheck.require(settings);
    ServedModel model = ServedModel.open(settings.model(), settings.modelName());
    AeronNode node = null;
    try {
      node = dataPlane(settings.node());
      CoordinatorParts parts = parts(settings, model, node);
      ActorSystem<Message> system =
          ClusterSystem.start(
              settings.node(),
              ClusterSystem.COORDINATOR,
              FrontDesk.create(
                  any ->
                      ClusterSingleton.get(any)
                          .init(SingletonActor.of(CoordinatorActor.create(parts), SINGLETON))));
      return new CoordinatorProcess(model, node, system);
    } catch (RuntimeException e) {
      if (node != null) {
        node.close();
      }
      model.close();
      throw e;
    }
  }

  private static CoordinatorParts parts(
      CoordinatorSettings settings, ServedModel model, AeronNode node) {
    DataEndpoint endpoint =
        DataEndpoint.newBuilder()
            .setChannel(node.endpoint().channel())
            .setStreamBase(node.endpoint().streamBase())
            .build();
    return new CoordinatorParts(
        settings,
        model,
        endpoint,
        topology -> AeronStepChannel.open(node, topology),
        new EpochNumbers(settings.node().stateDir()));
  }

  private static AeronNode dataPlane(NodeSettings settings) {
    NodeSettings.DataPlane data = settings.data();
    Path driver = data.aeronDir();
    return driver != null
        ? AeronNode.connect(driver, data.streamBase())
        : AeronNode.embed(
            settings.bindHost(),
            settings.advertiseHost(),
            data.dataPort(),
            data.streamBase(),
            settings.stateDir());
  }

  /** Waits until the role has ended; the failure that ended it, empty after {@link #close}. */
  public Optional<Failure> awaitTermination() throws InterruptedException {
    try {
      system.getWhenTerminated().toCompletableFuture().get();
    } catch (ExecutionException e) {
      return Optional.of(new Failure.Internal("the actor system failed: " + e.getCause()));
    }
    return closed
        ? Optional.empty()
        : Optional.of(new Failure.Internal("the coordinator stopped by itself; its log says why"));
  }

  /** Leaves the cluster and stops; requests still running end with an error. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      ClusterSystem.leave(system);
      node.close();
      model.close();
    }
  }
}
