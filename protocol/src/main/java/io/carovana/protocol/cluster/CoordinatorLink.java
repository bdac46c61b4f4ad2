package io.carovana.protocol.cluster;

import com.google.protobuf.Message;
import io.carovana.protocol.NodeSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's or gateway's way to the coordinator. The actor system behind it is replaceable: when
 * it was downed, shut out, or the coordinator was restarted, it is dropped and a new one joins
 * through the seeds, while the process keeps everything else it has.
 */
public final class CoordinatorLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLink.class);
  private static final Duration RESTART_DELAY = Duration.ofSeconds(1);
  private static final Duration TERMINATE_NOTICE = Duration.ofSeconds(10);

  private final NodeSettings settings;
  private final String role;
  private final CoordinatorListener listener;
  private final Semaphore wake = new Semaphore(0);
  private final AtomicReference<@Nullable String> replaceReason = new AtomicReference<>();
  private final Thread keeper;
  private volatile @Nullable ActorSystem<LinkActor.Command> system;
  private volatile boolean closed;

  /**
   * Starts the link; joining goes on in the background.
   *
   * @param role {@link ClusterSystem#WORKER} or {@link ClusterSystem#GATEWAY}
   * @throws PortInUseException if the control port is taken
   */
  public static CoordinatorLink start(
      NodeSettings settings, String role, CoordinatorListener listener) {
    CoordinatorLink link = new CoordinatorLink(settings, role, listener);
    link.system = link.startSystem();
    link.keeper.start();
    return link;
  }

  private CoordinatorLink(NodeSettings settings, String role, CoordinatorListener listener) {
    this.settings = settings;
    this.role = role;
    this.listener = listener;
    this.keeper = Thread.ofPlatform().name("coordinator-link").daemon(true).unstarted(this::keep);
  }

  /**
   * Sends to the coordinator, in order, at most once.
   *
   * @return false if there is no actor system at the moment and the message was dropped
   */
  public boolean send(Message message) {
    ActorSystem<LinkActor.Command> current = system;
    if (current == null) {
      return false;
    }
    current.tell(new LinkActor.Send(message));
    return true;
  }

  /** The actor system of the moment, for facts about it. */
  public Optional<ActorSystem<?>> system() {
    return Optional.ofNullable(system);
  }

  /** Says goodbye, leaves the cluster and stops. */
  @Override
  public void close() {
    closed = true;
    wake.release();
    try {
      keeper.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ActorSystem<LinkActor.Command> startSystem() {
    ActorSystem<LinkActor.Command> started =
        ClusterSystem.start(
            settings, role, LinkActor.create(settings.seeds(), listener, this::replace));
    started.getWhenTerminated().whenComplete((done, error) -> wake.release());
    return started;
  }

  private void replace(String reason) {
    replaceReason.compareAndSet(null, reason);
    wake.release();
  }

  private void keep() {
    while (!closed) {
      wake.acquireUninterruptibly();
      ActorSystem<LinkActor.Command> current = system;
      if (!closed && current != null) {
        replaceIfUseless(current);
      }
    }
    ActorSystem<LinkActor.Command> last = system;
    if (last != null) {
      last.tell(new LinkActor.Leave(listener.goodbye()));
      ClusterSystem.leave(last);
    }
  }

  private void replaceIfUseless(ActorSystem<LinkActor.Command> current) {
    String reason = replaceReason.getAndSet(null);
    boolean ended = current.getWhenTerminated().toCompletableFuture().isDone();
    if (reason == null && !ended) {
      return;
    }
    LOG.info("joining again: {}", reason == null ? LinkActor.REMOVED : reason);
    system = null;
    terminate(current);
    replaceReason.set(null);
    restart();
  }

  /** Starts systems until one listens; a taken port may be the last system's, still closing. */
  private void restart() {
    while (!closed) {
      try {
        system = startSystem();
        return;
      } catch (PortInUseException e) {
        LOG.warn("cannot join again yet: {}", e.getMessage());
      }
      try {
        if (wake.tryAcquire(RESTART_DELAY.toMillis(), TimeUnit.MILLISECONDS)) {
          wake.release();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static void terminate(ActorSystem<?> system) {
    system.terminate();
    boolean ended = false;
    while (!ended) {
      try {
        system
            .getWhenTerminated()
            .toCompletableFuture()
            .get(TERMINATE_NOTICE.toMillis(), TimeUnit.MILLISECONDS);
        ended = true;
      } catch (TimeoutException e) {
        LOG.warn("the old actor system is still ending");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        ended = true;
      }
    }
  }
}
