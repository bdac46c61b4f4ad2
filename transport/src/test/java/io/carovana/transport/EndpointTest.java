package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.transport.Endpoint.Lane;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "aeron:udp?endpoint=127.0.0.1:4000|mtu=65504",
        "aeron:udp?control=10.0.0.1:1",
        "aeron:ipc?term-length=1g",
        "aeron:udp?endpoint=host",
        "aeron-spy:aeron:ipc",
        ""
      })
  void refusesChannelsThatCarryAnythingElse(String channel) {
    assertThatThrownBy(() -> new Endpoint(channel, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void acceptsNamesAndBothKindsOfAddresses() {
    assertThat(Endpoint.udp("worker-1.lan", 4000, 1).channel())
        .isEqualTo("aeron:udp?endpoint=worker-1.lan:4000");
    assertThat(Endpoint.udp("fe80::1", 4000, 1).channel())
        .isEqualTo("aeron:udp?endpoint=[fe80::1]:4000");
    assertThat(Endpoint.udp("127.0.0.1", 4000, 1).isIpc()).isFalse();
    assertThat(Endpoint.ipc(1).isIpc()).isTrue();
  }

  @Test
  void processesEpochsAndLanesHaveStreamsOfTheirOwn() {
    Set<Integer> streams = new HashSet<>();
    int count = 0;
    for (int base : List.of(0, 1, 2, 100, Endpoint.MAX_STREAM_BASE)) {
      for (long epoch : List.of(1L, 2L, 3L, 65_535L)) {
        for (Lane lane : Lane.values()) {
          streams.add(Endpoint.ipc(base).stream(lane, epoch));
          count++;
        }
      }
    }
    assertThat(streams).hasSize(count);
  }

  @Test
  void ranksOutOfOrderAreRefused() {
    Endpoint any = Endpoint.ipc(1);
    assertThatThrownBy(() -> new Topology(1, List.of(new Topology.Rank(0, 1, any)), any))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new Topology(
                    1, List.of(new Topology.Rank(0, 0, any), new Topology.Rank(2, 0, any)), any))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
