package io.carovana.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.gateway.text.ModelText;
import io.carovana.protocol.v1.ClusterState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class EngineStateTest {
  private static final long FRESH = EngineState.FRESH_TOKEN_MS;

  private final ModelText text;

  EngineStateTest() throws IOException {
    byte[] proto = Files.readAllBytes(Path.of("..", "model", "demo-model", "tokenizer.model"));
    text = ModelText.read("d", proto, 4096);
  }

  @Test
  void isReadyAfterARecentTokenOrTheSelfTestOnly() {
    assertThat(ready(serving().setLastTokenAgeMs(0), 0)).isTrue();
    assertThat(ready(serving().setLastTokenAgeMs(FRESH - 100), 100)).isTrue();
    assertThat(ready(serving().setLastTokenAgeMs(FRESH - 100), 101)).isFalse();
    assertThat(ready(serving().setLastTokenAgeMs(-1), 0)).isFalse();
    assertThat(ready(serving().setLastTokenAgeMs(-1).setSelfTestPassed(true), 0)).isTrue();
  }

  @Test
  void isNotReadyWithoutPlacementCoordinatorOrNews() {
    ClusterState.Builder proved = serving().setSelfTestPassed(true);
    assertThat(ready(proved, 0)).isTrue();
    assertThat(ready(proved.clone().setServing(false), 0)).isFalse();
    assertThat(ready(proved, EngineState.STALE_MS + 1)).isFalse();
    assertThat(new EngineState(proved.build(), 0, "lost", text).whyNotReady()).isEqualTo("lost");
    assertThat(new EngineState(proved.build(), 0, null, null).whyNotReady()).isNotNull();
    assertThat(EngineState.unknown("joining").whyNotReady()).isEqualTo("joining");
  }

  @Test
  void saysTheCoordinatorsReason() {
    ClusterState state = serving().setServing(false).setReason("waiting for 2 workers").build();
    assertThat(new EngineState(state, 0, null, text).whyNotServing())
        .isEqualTo("waiting for 2 workers");
  }

  private boolean ready(ClusterState.Builder state, long ageMs) {
    return new EngineState(state.build(), ageMs, null, text).whyNotReady() == null;
  }

  private static ClusterState.Builder serving() {
    return ClusterState.newBuilder().setServing(true).setLastTokenAgeMs(-1);
  }
}
