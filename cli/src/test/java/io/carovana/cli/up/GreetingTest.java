package io.carovana.cli.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class GreetingTest {
  @Test
  void namesTheUrlAndCommandsThatWork() {
    Greeting greeting = new Greeting("x", "http://127.0.0.1:81", 7, false, false, true);
    assertThat(greeting.text())
        .contains("http://127.0.0.1:81/v1/completions")
        .contains("\"stream\": true")
        .contains("carovana down --name x")
        .doesNotContain("Authorization")
        .doesNotContain("noproxy");
    assertThat(greeting.json())
        .containsEntry("url", "http://127.0.0.1:81")
        .containsEntry("pid", 7L);
  }

  @Test
  void curlShowsTheKeyAndGoesRoundTheProxyWhereThatIsNeeded() {
    String text = new Greeting("default", "http://127.0.0.1:81", 7, true, true, false).text();
    assertThat(text).contains("Bearer $CAROVANA_API_KEY").contains("--noproxy 127.0.0.1");
  }

  @Test
  void aProxyCountsUnlessLoopbackIsExcepted() {
    assertThat(Greeting.proxied(Map.of())).isFalse();
    assertThat(Greeting.proxied(Map.of("http_proxy", "http://p:1"))).isTrue();
    assertThat(Greeting.proxied(Map.of("http_proxy", "http://p:1", "no_proxy", "a, 127.0.0.1")))
        .isFalse();
    assertThat(Greeting.proxied(Map.of("all_proxy", "http://p:1", "NO_PROXY", "*"))).isFalse();
  }
}
