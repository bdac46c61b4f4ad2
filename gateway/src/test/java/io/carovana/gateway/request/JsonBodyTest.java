package io.carovana.gateway.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.protocol.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonBodyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "                                   | ''",
        "nonsense                           | ''",
        "[]                                 | ''",
        "null                               | ''",
        "\"text\"                           | ''",
        "{\"prompt\": \"a\"} {}             | ''",
        "{\"prompt\": \"a\"                 | prompt",
        "{\"temperature\": 0..1}            | temperature",
        "{\"temperature\": NaN}             | temperature",
        "{\"temperature\": Infinity}        | temperature",
        "{\"temperature\": 1e999}           | temperature",
        "{\"a\": {\"b\": [1, -Infinity]}}   | a.b[1]",
        "{\"prompt\": \"\\ud800\"}          | prompt",
        "{\"prompt\": \"\\udc00\\ud800\"}   | prompt",
        "{\"prompt\": [\"a\", \"\\udfff\"]} | prompt[1]",
        "{\"prompt\": 'a'}                  | prompt",
        "{\"prompt\": \"a\", \"prompt\": 1} | prompt",
      })
  void namesTheFieldThatIsNotProperJson(String body, String field) {
    String expected = field.equals("''") ? "" : field;
    assertThatThrownBy(() -> parse(body == null ? "" : body))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(((Failure.InvalidRequest) e.failure()).field()).isEqualTo(expected));
  }

  @Test
  void refusesDepthBombs() {
    String bomb = "{\"a\":" + "[".repeat(100_000);
    assertThatThrownBy(() -> parse(bomb)).isInstanceOf(RefusedException.class);
    String objects = "{\"a\":".repeat(100_000);
    assertThatThrownBy(() -> parse(objects)).isInstanceOf(RefusedException.class);
  }

  @Test
  void refusesFloodsOfSmallValues() {
    String flood = "{\"prompt\":[" + "1,".repeat(2_000_000) + "1]}";
    assertThatThrownBy(() -> parse(flood))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("1000000");
  }

  @Test
  void refusesHugeNumbers() {
    assertThatThrownBy(() -> parse("{\"seed\": " + "9".repeat(100_000) + "}"))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    for (byte[] bad :
        new byte[][] {
          {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'},
          {'{', '"', 'a', '"', ':', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'},
          "{\"a\": 1}".getBytes(StandardCharsets.UTF_16),
        }) {
      assertThatThrownBy(() -> JsonBody.parse(bad)).isInstanceOf(RefusedException.class);
    }
  }

  @Test
  void readsWhatIsProper() throws RefusedException {
    assertThat(parse("{\"prompt\": \"\\ud83e\\udd99 🦙 \\u0000\"}").get("prompt").textValue())
        .isEqualTo("🦙 🦙 \0");
  }

  @Test
  void neverFailsOtherwiseThanByRefusing() {
    long seed = 20261123;
    Random random = new Random(seed);
    byte[] proper =
        "{\"prompt\": [\"a\\ud83e\\udd99\", \"é\"], \"temperature\": 0.5, \"stop\": [\"x\"]}"
            .getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 50_000; round++) {
      byte[] mutated = proper.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      try {
        CompletionRequest.parse(mutated);
      } catch (RefusedException expected) {
        assertThat(expected.failure()).as("seed %d", seed).isNotNull();
      }
    }
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode parse(String body)
      throws RefusedException {
    return JsonBody.parse(body.getBytes(StandardCharsets.UTF_8));
  }
}
