package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ext.DebugReceiveChannelEndpoint;
import io.aeron.driver.ext.LossGenerator;
import io.aeron.driver.ext.RandomLossGenerator;
import io.carovana.transport.Mesh.Medium;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultsTest {
  private static final TreeProgram PROGRAM = Trees.leftToRight(new int[] {1, 1});

  @Test
  void sumsTheSameBitsThroughALossyNetwork() throws Exception {
    AtomicLong lost = new AtomicLong();
    LossGenerator loss = counting(new RandomLossGenerator(0.02, 5), lost);
    int elements = 60_000;
    float[][] inputs = {
      Trees.values(elements, new Random(1)), Trees.values(elements, new Random(2))
    };
    float[] expected = Trees.evaluate(PROGRAM, inputs, elements);
    try (Mesh mesh = new Mesh(Medium.UDP, 2, context -> lossy(context, loss))) {
      List<float[]> sums =
          mesh.run(
              mesh.topology(1, 2),
              links -> {
                float[] out = new float[elements];
                links.beginStep(1);
                for (int i = 0; i < 20; i++) {
                  links.allReduce(PROGRAM, inputs[links.tpRank()], out, elements, 0);
                }
                links.endStep();
                return out;
              });
      assertThat(sums).allSatisfy(sum -> assertThat(sum).isEqualTo(expected));
    }
    assertThat(lost.get()).isPositive();
  }

  /** A driver that loses some of what it receives. */
  private static MediaDriver.Context lossy(MediaDriver.Context context, LossGenerator loss) {
    LossGenerator none = (address, buffer, length) -> false;
    return context.receiveChannelEndpointSupplier(
        (channel, dispatcher, status, driver) ->
            new DebugReceiveChannelEndpoint(channel, dispatcher, status, driver, loss, none));
  }

  private static LossGenerator counting(LossGenerator inner, AtomicLong lost) {
    return (address, buffer, length) -> {
      boolean drop = inner.shouldDropFrame(address, buffer, length);
      lost.addAndGet(drop ? 1 : 0);
      return drop;
    };
  }

  @Test
  void endsAnOperationWhenThePeerLeaves() throws Exception {
    try (Mesh mesh = new Mesh(Medium.IPC, 2)) {
      Topology topology = mesh.topology(1, 2);
      try (AeronLinks links = mesh.links(topology, 0, new FrameCounters())) {
        AeronLinks peer = mesh.links(topology, 1, new FrameCounters());
        Future<Float> first = mesh.threads().submit(() -> sum(links, 1));
        assertThat(sum(peer, 2)).isEqualTo(3);
        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo(3);
        Future<Float> second = mesh.threads().submit(() -> sum(links, 1));
        peer.close();
        assertThatThrownBy(() -> second.get(20, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(LinkException.class)
            .hasMessageContaining("rank 1");
      }
    }
  }

  @Test
  void endsAnOperationOnShutdown() throws Exception {
    try (Mesh mesh = new Mesh(Medium.IPC, 2)) {
      Topology topology = mesh.topology(1, 2);
      try (AeronLinks links = mesh.links(topology, 0, new FrameCounters());
          AeronLinks peer = mesh.links(topology, 1, new FrameCounters())) {
        Future<Float> sum = mesh.threads().submit(() -> sum(links, 1));
        peer.poll();
        links.shutdown();
        assertThatThrownBy(() -> sum.get(20, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(LinkException.class)
            .hasMessageContaining("shutting down");
      }
    }
  }

  @Test
  void endsAnOperationWhenTheDriverDies(@TempDir Path directory) throws Exception {
    MediaDriverHost host = MediaDriverHost.start(directory.resolve("driver"));
    try (AeronNode one = AeronNode.connect(host.directory(), 1);
        AeronNode two = AeronNode.connect(host.directory(), 2);
        Mesh threads = new Mesh(Medium.IPC, 1)) {
      Topology topology =
          new Topology(
              1,
              List.of(
                  new Topology.Rank(0, 0, one.endpoint()), new Topology.Rank(0, 1, two.endpoint())),
              one.endpoint());
      AeronLinks links = AeronLinks.open(one, topology, 0, 0, new FrameCounters());
      AeronLinks peer = AeronLinks.open(two, topology, 1, 0, new FrameCounters());
      Future<Float> sum = threads.threads().submit(() -> sum(links, 1));
      peer.poll();
      host.close();
      assertThatThrownBy(() -> sum.get(20, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(LinkException.class);
    }
  }

  private static float sum(AeronLinks links, float own) {
    float[] out = new float[1];
    links.beginStep(1);
    try {
      links.allReduce(PROGRAM, new float[] {own}, out, 1, 0);
    } finally {
      links.endStep();
    }
    return out[0];
  }
}
