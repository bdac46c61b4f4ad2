package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.aeron.ExclusivePublication;
import io.carovana.transport.Endpoint.Lane;
import io.carovana.transport.Mesh.Medium;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames that have no business in an epoch. */
class IntrusionTest {
  private static final long EPOCH = 6;
  private static final TreeProgram PROGRAM = Trees.leftToRight(new int[] {1, 1});
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Sends one frame to rank 0 from a stream of its own. */
  private static void inject(Mesh mesh, Topology topology, UnsafeBuffer bytes, int length) {
    Endpoint target = topology.ranks().getFirst().endpoint();
    int termBytes = DriverSettings.TENSOR_TERM_BYTES;
    try (ExclusivePublication stranger =
        mesh.node(2).publish(target, Lane.TENSORS, EPOCH, termBytes)) {
      await().atMost(PATIENCE).until(() -> stranger.offer(bytes, 0, length) > 0);
    }
  }

  private static Frame collective(long epoch, int source, int destination) {
    Frame frame = new Frame().begin(Frame.Kind.COLLECTIVE, epoch, source, destination);
    frame.operation(1, 1, 0, 0).part(0, 1);
    frame.floats().put(0, 1e9f);
    frame.seal(0, Float.BYTES);
    return frame;
  }

  /** Injects into an epoch of two ranks, then requires that their sum is right. */
  private static FrameCounters after(Medium medium, Consumer<Frame> spoil, Frame frame, int extra)
      throws Exception {
    FrameCounters counters = new FrameCounters();
    try (Mesh mesh = new Mesh(medium, 3)) {
      Topology topology = mesh.topology(EPOCH, 2);
      try (AeronLinks first = mesh.links(topology, 0, counters);
          AeronLinks second = mesh.links(topology, 1, new FrameCounters())) {
        spoil.accept(frame);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[frame.bytes() + extra]);
        bytes.putBytes(0, frame.buffer(), 0, frame.bytes());
        inject(mesh, topology, bytes, bytes.capacity());
        await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  first.poll();
                  return counters.dropped(Rejection.EPOCH) + counters.droppedOther() > 0;
                });
        Callable<Float> left = () -> sum(first, 2);
        Callable<Float> right = () -> sum(second, 3);
        assertThat(mesh.all(List.of(left, right))).containsExactly(5f, 5f);
      }
    }
    return counters;
  }

  private static float sum(AeronLinks links, float own) {
    float[] out = new float[1];
    links.beginStep(1);
    links.allReduce(PROGRAM, new float[] {own}, out, 1, 0);
    links.endStep();
    return out[0];
  }

  @ParameterizedTest
  @EnumSource(Medium.class)
  void dropsFramesOfAnotherEpoch(Medium medium) throws Exception {
    FrameCounters counters = after(medium, frame -> {}, collective(EPOCH - 1, 1, 0), 0);
    assertThat(counters.dropped(Rejection.EPOCH)).isEqualTo(1);
    assertThat(counters.droppedOther()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Medium.class)
  void dropsFramesOfForeignRanks(Medium medium) throws Exception {
    FrameCounters counters = after(medium, frame -> {}, collective(EPOCH, 9, 0), 0);
    assertThat(counters.dropped(Rejection.RANK)).isEqualTo(1);
  }

  @Test
  void dropsFramesForAnotherRank() throws Exception {
    FrameCounters counters = after(Medium.IPC, frame -> {}, collective(EPOCH, 1, 1), 0);
    assertThat(counters.dropped(Rejection.RANK)).isEqualTo(1);
  }

  @Test
  void dropsFramesThatAreTooLarge() throws Exception {
    int extra = Frame.MAX_BYTES;
    FrameCounters counters = after(Medium.IPC, frame -> {}, collective(EPOCH, 1, 0), extra);
    assertThat(counters.dropped(Rejection.SIZE)).isEqualTo(1);
  }

  @Test
  void dropsFramesWithAWrongMagic() throws Exception {
    FrameCounters counters =
        after(Medium.IPC, frame -> frame.buffer().putInt(0, 12345), collective(EPOCH, 1, 0), 0);
    assertThat(counters.dropped(Rejection.MAGIC)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Medium.class)
  void dropsFramesWithAFlippedBit(Medium medium) throws Exception {
    int bit = new Random().nextInt(8);
    FrameCounters counters =
        after(
            medium,
            frame -> {
              int at = Frame.HEADER_BYTES + 1;
              frame.buffer().putByte(at, (byte) (frame.buffer().getByte(at) ^ (1 << bit)));
            },
            collective(EPOCH, 1, 0),
            0);
    assertThat(counters.dropped(Rejection.CHECKSUM)).isEqualTo(1);
  }

  @Test
  void givesUpWhenAPeersOwnStreamIsDamaged() throws Exception {
    try (Mesh mesh = new Mesh(Medium.IPC, 2)) {
      Topology topology = mesh.topology(EPOCH, 2);
      FrameCounters counters = new FrameCounters();
      try (AeronLinks links = mesh.links(topology, 0, counters);
          ExclusivePublication peer =
              mesh.node(1)
                  .publish(
                      topology.ranks().getFirst().endpoint(),
                      Lane.TENSORS,
                      EPOCH,
                      DriverSettings.TENSOR_TERM_BYTES)) {
        Frame good = collective(EPOCH, 1, 0);
        await().atMost(PATIENCE).until(() -> peer.offer(good.buffer(), 0, good.bytes()) > 0);
        Frame skipped = collective(EPOCH, 1, 0);
        skipped.seal(2, Float.BYTES);
        await().atMost(PATIENCE).until(() -> peer.offer(skipped.buffer(), 0, skipped.bytes()) > 0);
        mesh.threads().submit(() -> AeronLinks.open(mesh.node(1), topology, 1, 0, counters)).get();
        assertThatThrownBy(
                () -> {
                  sum(links, 1);
                  sum(links, 1);
                })
            .isInstanceOf(LinkException.class)
            .hasMessageContaining("SEQUENCE");
        assertThat(counters.dropped(Rejection.SEQUENCE)).isEqualTo(1);
      }
    }
  }
}
