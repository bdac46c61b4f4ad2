package io.carovana.transport;

import io.aeron.ControlledFragmentAssembler;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import io.carovana.transport.Endpoint.Lane;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A process's inbound stream: checks every frame, keeps the streams of its sources apart, and holds
 * one frame of each source that has come too early. The rest of an early source stays in Aeron's
 * buffers, whose window is the limit; so nothing is copied twice and nothing is unbounded.
 *
 * <p>What is not of this epoch, or not from one of its sources, is dropped and counted. A source
 * whose frames are out of sequence or damaged cannot be trusted any more: polling throws.
 */
final class Inlet implements AutoCloseable {
  /** Fragments taken from Aeron at a time. */
  private static final int POLL_LIMIT = 16;

  /** Who takes frames. */
  interface Receiver {
    /**
     * The source's number in {@code [0, sources)}, or -1 if such a frame has no business here.
     * Streams with different writers are different sources.
     */
    int sourceOf(Frame frame);

    /** What a source is called in messages. */
    String nameOf(int source);

    /**
     * Takes a frame, or leaves it until later.
     *
     * @return false to be offered the frame again
     * @throws LinkException if the frame cannot be right
     */
    boolean accept(int source, Frame frame);
  }

  private final Subscription subscription;
  private final ControlledFragmentAssembler assembler =
      new ControlledFragmentAssembler(new Handler());
  private final long epoch;
  private final int self;
  private final FrameCounters counters;
  private final Receiver receiver;
  private final Source[] sources;
  private Frame spare = new Frame();
  private @Nullable LinkException failure;
  private int failedSource = -1;
  private int work;

  /** One writer that sends here. */
  private static final class Source {
    @Nullable Image image;
    Frame frame = new Frame();
    boolean early;
    int nextSequence;

    boolean sends(Header header) {
      return image != null && image.sessionId() == header.sessionId();
    }
  }

  /**
   * Listens.
   *
   * @param self destination that frames must name
   * @param sources number of writers that may send here
   */
  Inlet(
      AeronNode node,
      Lane lane,
      long epoch,
      int self,
      int sources,
      FrameCounters counters,
      Receiver receiver) {
    this.subscription = node.subscribe(lane, epoch);
    this.epoch = epoch;
    this.self = self;
    this.counters = counters;
    this.receiver = receiver;
    this.sources = new Source[sources];
    for (int i = 0; i < sources; i++) {
      this.sources[i] = new Source();
    }
  }

  /**
   * Delivers what can be delivered.
   *
   * @return amount of work done
   * @throws LinkException if a source broke the protocol
   */
  int poll() {
    work = 0;
    for (int i = 0; i < sources.length; i++) {
      Source source = sources[i];
      if (source.early && receiver.accept(i, source.frame)) {
        source.early = false;
        work++;
      }
    }
    subscription.controlledPoll(assembler, POLL_LIMIT);
    if (failure != null) {
      throw failure;
    }
    return work;
  }

  /**
   * Requires that a source can still send.
   *
   * @throws LinkException if its stream has ended, or this process's connection to Aeron
   */
  void requireAlive(int source) {
    Image image = sources[source].image;
    if (image != null && image.isClosed() && !sources[source].early) {
      throw new LinkException(receiver.nameOf(source) + " is gone");
    }
    if (subscription.isClosed()) {
      throw new LinkException("the connection to the media driver is lost");
    }
  }

  /** The source because of which polling throws, -1 while it does not. */
  int failedSource() {
    return failedSource;
  }

  private final class Handler implements ControlledFragmentHandler {
    @Override
    public Action onFragment(DirectBuffer buffer, int offset, int length, Header header) {
      for (int i = 0; i < sources.length; i++) {
        if (sources[i].sends(header)) {
          return fromSource(i, buffer, offset, length);
        }
      }
      return fromStranger(buffer, offset, length, header);
    }
  }

  private ControlledFragmentHandler.Action fromSource(
      int index, DirectBuffer buffer, int offset, int length) {
    Source source = sources[index];
    if (source.early) {
      return ControlledFragmentHandler.Action.ABORT;
    }
    Rejection rejection = check(source.frame, buffer, offset, length);
    if (rejection == null && receiver.sourceOf(source.frame) != index) {
      rejection = Rejection.RANK;
    }
    return rejection == null ? deliver(index) : fail(index, rejection);
  }

  private ControlledFragmentHandler.Action fromStranger(
      DirectBuffer buffer, int offset, int length, Header header) {
    Rejection rejection = check(spare, buffer, offset, length);
    int index = rejection == null ? receiver.sourceOf(spare) : -1;
    if (rejection == null && (index < 0 || sources[index].image != null)) {
      rejection = Rejection.RANK;
    }
    if (rejection != null) {
      counters.drop(rejection);
      return ControlledFragmentHandler.Action.CONTINUE;
    }
    Source source = sources[index];
    source.image = (Image) header.context();
    Frame swapped = source.frame;
    source.frame = spare;
    spare = swapped;
    return deliver(index);
  }

  private @Nullable Rejection check(Frame frame, DirectBuffer buffer, int offset, int length) {
    Rejection rejection = frame.read(buffer, offset, length);
    if (rejection != null) {
      return rejection;
    }
    if (frame.epoch() != epoch) {
      return Rejection.EPOCH;
    }
    return frame.destination() != self ? Rejection.RANK : null;
  }

  private ControlledFragmentHandler.Action deliver(int index) {
    Source source = sources[index];
    if (source.frame.sequence() != source.nextSequence) {
      return fail(index, Rejection.SEQUENCE);
    }
    source.nextSequence++;
    try {
      source.early = !receiver.accept(index, source.frame);
    } catch (LinkException e) {
      failure = e;
      return fail(index, Rejection.SEQUENCE);
    }
    work++;
    return ControlledFragmentHandler.Action.CONTINUE;
  }

  private ControlledFragmentHandler.Action fail(int index, Rejection rejection) {
    counters.drop(rejection);
    failedSource = index;
    if (failure == null) {
      failure =
          new LinkException("a frame of " + receiver.nameOf(index) + " was refused: " + rejection);
    }
    return ControlledFragmentHandler.Action.BREAK;
  }

  @Override
  public void close() {
    subscription.close();
  }
}
