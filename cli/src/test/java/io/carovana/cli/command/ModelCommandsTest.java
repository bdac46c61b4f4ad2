package io.carovana.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.Int4Layout;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandsTest {
  private static final String MODEL =
      Path.of(System.getProperty("carovana.root"), "model", "demo-model").toString();

  @TempDir Path folder;
  private final Captured captured = new Captured(Map.of());

  @Test
  void generateGivesTheSameBytesForAnyRanksChunksAndThreads() {
    String[] one = {"--prompt", "def f(x):", "--ranks", "1", "--threads", "2"};
    String[] three = {
      "--prompt", "def f(x):", "--ranks", "3", "--threads", "1", "--prefill-chunk", "2"
    };
    var first = generate(one);
    var second = generate(three);
    assertThat(first.path("ids").size()).isEqualTo(6);
    assertThat(first.path("logits_digest").asText()).hasSize(64);
    assertThat(second.path("ids")).isEqualTo(first.path("ids"));
    assertThat(second.path("tokens")).isEqualTo(first.path("tokens"));
    assertThat(second.path("text")).isEqualTo(first.path("text"));
    assertThat(second.path("logits_digest")).isEqualTo(first.path("logits_digest"));
    assertThat(first.at("/tokens/0/top_logprobs").size()).isEqualTo(20);
    assertThat(first.at("/tokens/0/top_logprobs/0/id")).isEqualTo(first.at("/ids/0"));
  }

  @Test
  void promptIdsAreTakenAsTheyAre() {
    var text = generate("--prompt", "def f(x):");
    String ids = text.path("prompt_ids").toString().replaceAll("[\\[\\] ]", "");
    assertThat(ids).startsWith("1,");
    assertThat(generate("--prompt-ids", ids).path("logits_digest"))
        .isEqualTo(text.path("logits_digest"));
  }

  private com.fasterxml.jackson.databind.JsonNode generate(String... options) {
    Captured run = new Captured(Map.of());
    var arguments =
        new java.util.ArrayList<>(
            java.util.List.of(
                "generate", "--model", MODEL, "--max-tokens", "6", "--output", "json"));
    arguments.addAll(java.util.List.of(options));
    assertThat(run.run(arguments.toArray(String[]::new))).as(run.err()).isZero();
    return Json.read(run.out());
  }

  @Test
  void aPromptLongerThanTheContextIsAUsageError() {
    int exit =
        captured.run(
            "generate",
            "--model",
            MODEL,
            "--prompt",
            "a b c d e f",
            "--max-tokens",
            "8",
            "--context",
            "8");
    assertThat(exit).isEqualTo(2);
    assertThat(captured.err()).contains("exceeds the context of 8 tokens");
  }

  @Test
  void anIdOutsideTheVocabularyIsAUsageError() {
    int exit =
        captured.run("generate", "--model", MODEL, "--prompt-ids", "1,99999", "--max-tokens", "1");
    assertThat(exit).isEqualTo(2);
    assertThat(captured.err()).contains("99999");
  }

  @Test
  void tokenizePrintsIdsWithoutBosForTextAndForAFileOfStrings() throws IOException {
    assertThat(captured.run("tokenize", MODEL, "def f(x):")).isZero();
    String ids = captured.out().strip();
    assertThat(ids).startsWith("[").doesNotStartWith("[1,");
    Path file = Files.writeString(folder.resolve("s.json"), "[\"def f(x):\", \"\"]");
    Captured array = new Captured(Map.of());
    assertThat(array.run("tokenize", MODEL, "--json", file.toString())).isZero();
    var json = Json.read(array.out());
    assertThat(json.get(0)).isEqualTo(Json.read(ids));
    assertThat(json.get(1)).isEmpty();
  }

  @Test
  void inspectShowsShapeTokenizerAndDigest() {
    assertThat(captured.run("model", "inspect", MODEL, "--output", "json")).isZero();
    var json = Json.read(captured.out());
    assertThat(json.at("/config/layers").asInt()).isPositive();
    assertThat(json.at("/tokenizer/infilling").asBoolean()).isTrue();
    assertThat(json.path("digest").asText()).hasSize(64);
  }

  @Test
  void aMissingModelIsABadModel() {
    assertThat(captured.run("model", "inspect", "/no/such/model")).isEqualTo(6);
    assertThat(captured.err()).contains("/no/such/model");
  }

  @Test
  void planSaysWhatEachNodeHoldsAndWhetherItFits() {
    assertThat(
            captured.run(
                "placement", "plan", "--model", MODEL, "--nodes", "1g,1g", "--output", "json"))
        .as(captured.err())
        .isZero();
    var json = Json.read(captured.out());
    assertThat(json.path("fits").asBoolean()).isTrue();
    assertThat(json.path("nodes").size()).isEqualTo(2);
    assertThat(json.at("/nodes/0/kv_groups/1")).isEqualTo(json.at("/nodes/1/kv_groups/0"));

    Captured tight = new Captured(Map.of());
    assertThat(tight.run("placement", "plan", "--model", MODEL, "--nodes", "1g,8m")).isEqualTo(5);
    assertThat(tight.out()).contains("DOES NOT FIT: node-2 lacks");
  }

  @Test
  void planFollowsThePrecisionOfTheKvCache() {
    long full = kvBytesPerToken("f32");
    long quarter = kvBytesPerToken("q8");
    assertThat(quarter).isBetween(full / 4, full / 3);
    assertThat(kvBytesPerToken("bf16")).isEqualTo(full / 2);

    Captured wrong = new Captured(Map.of());
    assertThat(wrong.run("placement", "plan", "--model", MODEL, "--nodes", "1g", "--kv", "q7"))
        .isEqualTo(2);
    assertThat(wrong.err()).contains("kv", "q7", "must be one of f32, bf16, q8");
  }

  private static long kvBytesPerToken(String kv) {
    Captured captured = new Captured(Map.of());
    String[] arguments = {
      "placement", "plan", "--model", MODEL, "--nodes", "1g", "--kv", kv, "--output", "json"
    };
    assertThat(captured.run(arguments)).as(captured.err()).isZero();
    return Json.read(captured.out()).at("/nodes/0/kv_bytes_per_token").asLong();
  }

  @Test
  void fourBitCheckpointsAreInspectedForecastAndRun() {
    String awq =
        Int4Checkpoint.random(SyntheticModel.TINY, Int4Layout.AWQ, 128, false, 1)
            .write(folder.resolve("awq"))
            .toString();
    assertThat(captured.run("model", "inspect", awq)).as(captured.err()).isZero();
    assertThat(captured.out()).contains("AWQ: 14 tensors", "14 of them take 8 bits a weight");

    Captured generated = new Captured(Map.of());
    String[] generate = {
      "generate", "--model", awq, "--prompt-ids", "1,5,6", "--max-tokens", "3", "--context", "64"
    };
    assertThat(generated.run(generate)).as(generated.err()).isZero();
    assertThat(generated.err()).contains("14 of 14 4-bit matrices have zero points other than 8");
    assertThat(weightsBytes(awq)).isGreaterThan(weightsBytes(gptq()) * 3 / 2);

    Captured plan = new Captured(Map.of());
    assertThat(plan.run("placement", "plan", "--model", awq, "--nodes", "1g")).isZero();
    assertThat(plan.out()).contains("14 of 14 4-bit matrices have zero points other than 8");

    Captured again = new Captured(Map.of());
    String[] quantize = {
      "generate", "--model", awq, "--prompt-ids", "1", "--max-tokens", "1", "--quantize", "q4"
    };
    assertThat(again.run(quantize)).as(again.err()).isEqualTo(6);
    assertThat(again.err()).contains("is stored as AWQ already");
  }

  /** As many weights, with zero points that leave them at 4 bits. */
  private String gptq() {
    return Int4Checkpoint.random(SyntheticModel.TINY, Int4Layout.GPTQ, 128, true, 1)
        .write(folder.resolve("gptq"))
        .toString();
  }

  private static long weightsBytes(String model) {
    Captured captured = new Captured(Map.of());
    String[] arguments = {
      "placement", "plan", "--model", model, "--nodes", "1g", "--output", "json"
    };
    assertThat(captured.run(arguments)).as(captured.err()).isZero();
    return Json.read(captured.out()).at("/nodes/0/weights_bytes").asLong();
  }

  @Test
  void benchMeasures() {
    int exit =
        captured.run(
            "bench",
            "--model",
            MODEL,
            "--prompt-tokens",
            "8",
            "--new-tokens",
            "4",
            "--threads",
            "1",
            "--output",
            "json");
    assertThat(exit).as(captured.err()).isZero();
    var json = Json.read(captured.out());
    for (String key :
        new String[] {"prefill_tokens_per_s", "decode_tokens_per_s", "load_s", "peak_rss_mb"}) {
      assertThat(json.path(key).asDouble()).as(key).isPositive();
    }
  }

  @Test
  void doctorExaminesThisMachine() {
    assertThat(captured.run("doctor", "--output", "json")).isIn(0, 1);
    var json = Json.read(captured.out());
    assertThat(json.findValuesAsText("check"))
        .contains("JDK", "memory", "shared memory", "socket buffers", "port 8080 (gateway)");
  }

  @Test
  void statusWithoutAnInstanceSaysHowToStartOne() {
    Captured alone = new Captured(Map.of("CAROVANA_HOME", folder.toString()));
    assertThat(alone.run("status")).isEqualTo(3);
    assertThat(alone.err()).contains("carovana up");
    assertThat(alone.run("down")).isEqualTo(3);
    assertThat(alone.run("logs")).isEqualTo(3);
  }
}
