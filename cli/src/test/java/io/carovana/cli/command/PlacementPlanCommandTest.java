package io.carovana.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.quant.KvProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as an operator meets it; the arithmetic has tests of its own. */
class PlacementPlanCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("carovana.root"), "model", "demo-model").toString();

  private static Captured plan(int exit, String... arguments) {
    Captured captured = new Captured(Map.of());
    List<String> words = new ArrayList<>(List.of("placement", "plan"));
    words.addAll(List.of(arguments));
    assertThat(captured.run(words.toArray(String[]::new))).as(captured.err()).isEqualTo(exit);
    return captured;
  }

  private static Captured plan(int exit, String arguments) {
    return plan(exit, arguments.split(" "));
  }

  @Test
  void aShapeIsPlannedWithoutFiles() {
    Captured captured =
        plan(5, "--model codellama-34b --context 100000 --concurrency 4 --nodes 16g,8g");
    assertThat(captured.out())
        .startsWith("codellama-34b stored as bf16, KV cache in f32: 4 requests of 100000 tokens")
        .contains("8 KV heads for 64 heads (grouped-query)", "384 KiB in f32, ")
        .contains("one such request takes 36.6 GiB of KV cache, all 4 take 146 GiB")
        .contains("no, lacks 97.0 GiB", "2 of 2 nodes lack memory, and node-2 lacks 97.0 GiB")
        .contains("3 more nodes of 16g", "--quantize q4 --kv q8")
        .doesNotContain("Start it so");
    assertThat(plan(5, "--model codellama-7b --nodes 1g").out()).contains("(multi-head)");
  }

  @Test
  void everyProposalOfThePlanIsAPlanThatFits() {
    JsonNode json =
        Json.read(
            plan(
                    5,
                    "--model codellama-70b --format q4_k --context 100000 --concurrency 4"
                        + " --nodes 3x24g,48g --output json")
                .out());
    assertThat(json.path("fits").asBoolean()).isFalse();
    assertThat(json.path("kv_bytes_per_token").size()).isEqualTo(KvProfile.values().length);
    assertThat(json.path("would_fit").size()).isGreaterThan(3);
    for (JsonNode proposal : json.path("would_fit")) {
      String command = proposal.path("command").asText();
      assertThat(command).startsWith("carovana placement plan --model codellama-70b ");
      plan(0, command.replace("carovana placement plan ", ""));
    }
  }

  @Test
  void aPlanThatFitsSaysHowToStartIt() {
    assertThat(
            plan(
                    0,
                    "--model codellama-7b --format q4_0 --kv q8 --context 16384 --concurrency 9"
                        + " --nodes 2x24g,40g")
                .out())
        .contains("FITS, with ")
        .contains(
            "carovana coordinator --model PATH --min-workers 3 --context 16384 --max-sequences 9"
                + " --prefill-chunk 256 --kv q8")
        .contains("--memory 40802m   (node-3)", "--memory 24418m   (node-1, node-2)");
  }

  @Test
  void theLongestContextIsTakenWhereNoneIsAsked() {
    String arguments = "--model codellama-34b --format gptq --nodes 40g --output json";
    int one = Json.read(plan(0, arguments).out()).path("context").asInt();
    int four = Json.read(plan(0, arguments + " --concurrency 4").out()).path("context").asInt();
    assertThat(four).isBetween(one / 4 - 32, one / 4);
  }

  @Test
  void withoutNodesThisMachineIsPlanned() {
    Captured captured = plan(5, "--model codellama-70b --context 131072 --concurrency 100");
    assertThat(captured.out()).contains("node-1 is this machine", "nodes of 128g");
  }

  @Test
  void whatNoMemoryHoldsIsSaid() {
    assertThat(
            plan(5, "--model codellama-7b --nodes 9000t --context 100000 --concurrency 999").out())
        .contains("whatever the memory", "enough for 167 such requests", "--concurrency 167");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --concurrency 0 | --concurrency '0' must be a whole number from 1 to 1024
          --concurrency -3 | --concurrency '-3' must be a whole number from 1 to 1024
          --concurrency 1e3 | --concurrency '1e3' must be a whole number from 1 to 1024
          --concurrency 99999999999 | must be a whole number from 1 to 1024
          --concurrency 9 --max-sequences 8 | more than the 8 that --max-sequences lets run
          --nodes 16 | --nodes '16' must be sizes of at least 1m, with a unit such as 16g
          --nodes 16q | --nodes '16q' must be a size such as 512m or 16g
          --nodes 16g,,8g | --nodes '' must be a size such as 512m or 16g
          --nodes , | --nodes '' must be a size
          --nodes 257x16g | --nodes '257x16g' must leave 1 to 256 nodes
          --nodes 0x16g | must leave 1 to 256 nodes
          --nodes 99999999999x16g | must be a size
          --nodes 9x16g | 9 nodes cannot be put into --stages 1: a stage has at most 8 nodes
          --nodes 3x16g --stages 2 | every stage must have as many. --stages may be 1, 3.
          --nodes 83x16g | No --stages takes 83 nodes of this model
          --nodes 2x16g --split 1 | --split names 1 ranks, but every stage has 2
          --format q4 | --format 'q4' must be one of f32, f16, bf16, q8_0
          --context 0 | context '0' (flag --context) must be a whole number from 1 to 131072
          --context 131073 | must be a whole number from 1 to 131072
          --kv q7 | kv 'q7' (flag --kv) must be one of
          --quantize q5 | quantize 'q5' (flag --quantize) must be one of
          """)
  void aWrongFlagIsRefusedByName(String arguments, String message) {
    Captured captured = plan(2, "--model codellama-34b " + arguments);
    assertThat(captured.err()).contains(message);
    assertThat(captured.out()).isEmpty();
  }

  @Test
  void filesSayThemselvesHowTheyAreStored() {
    assertThat(plan(2, "--model", DEMO, "--nodes", "1g", "--format", "bf16").err())
        .contains("--format 'bf16' is for shapes without files (codellama-7b", "files of " + DEMO);
    assertThat(plan(6, "--model codellama-35b --nodes 1g").err())
        .contains("no such file or folder", "Did you mean codellama-34b?");
    assertThat(plan(6, "--model codellama-7b --format q4_0 --quantize q4 --nodes 1g").err())
        .contains("is stored as Q4_0 already");
  }
}
