package io.carovana.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.files.PublishedShape;
import io.carovana.model.files.ShapeOnly;
import io.carovana.model.files.StorageFormat;
import io.carovana.model.memory.KvDemand;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Precision;
import io.carovana.model.quant.Quantization;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is proposed fits, and a little less help would not. */
class RemediesTest {
  private static final Precision F32 = Precision.AS_STORED;
  private static final Precision Q8 = new Precision(Quantization.NONE, KvProfile.Q8);

  private static Forecaster forecaster(PublishedShape shape, StorageFormat format) {
    return new Forecaster(new ShapeOnly(shape.id(), shape.config(), format), 256, 8);
  }

  private static Arrangement arrangement(
      String nodes, Precision precision, int context, int requests) {
    return new Arrangement(
        NodeSize.parse(List.of(nodes.split(","))),
        1,
        List.of(),
        precision,
        new KvDemand(context, requests));
  }

  private static List<String> proposals(Forecaster forecaster, Arrangement asked) {
    Remedies remedies =
        new Remedies(forecaster, forecaster.of(asked), List.of(asked.nodes().getFirst()), true);
    return remedies.all().stream()
        .map(remedy -> String.join(" ", remedy.forecast().arrangement().flagsFrom(asked)))
        .toList();
  }

  @Test
  void aNarrowerCacheIsProposedAloneWhereItIsEnough() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_70B, StorageFormat.Q4_K_M);
    List<String> proposals = proposals(forecaster, arrangement("4x32g", F32, 100_000, 4));
    assertThat(proposals).contains("--kv q8").noneMatch(flags -> flags.contains("--quantize"));
  }

  @Test
  void unequalNodesAreGivenUnequalParts() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_7B, StorageFormat.Q4_0);
    assertThat(proposals(forecaster, arrangement("8g,24g", Q8, 50_000, 1))).contains("--split 3,1");
  }

  @Test
  void theLargestLoadsFitAndAnyMoreDoesNot() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_34B, StorageFormat.GPTQ);
    Arrangement asked = arrangement("2x40g", F32, 100_000, 4);
    int context = forecaster.largestContext(asked);
    int requests = forecaster.largestConcurrency(asked);
    assertThat(proposals(forecaster, asked))
        .contains("--context " + context, "--concurrency " + requests);
    assertThat(forecaster.of(asked.withDemand(context, 4)).fits()).isTrue();
    assertThat(forecaster.of(asked.withDemand(context + 32, 4)).fits()).isFalse();
    assertThat(forecaster.of(asked.withDemand(100_000, requests)).fits()).isTrue();
    assertThat(forecaster.of(asked.withDemand(100_000, requests + 1)).fits()).isFalse();
  }

  @Test
  void noMoreNodesAreProposedThanAreNeeded() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_34B, StorageFormat.BF16);
    Arrangement asked = arrangement("2x16g", F32, 100_000, 4);
    Arrangement grown =
        new Remedies(forecaster, forecaster.of(asked), asked.nodes().subList(0, 1), true)
            .all().stream()
                .map(remedy -> remedy.forecast().arrangement())
                .filter(a -> a.precision().equals(F32) && a.nodes().size() > 2)
                .findFirst()
                .orElseThrow();
    assertThat(grown.stages()).isGreaterThan(1); // more nodes than KV heads
    for (int fewer = 3; fewer < grown.nodes().size(); fewer++) {
      List<NodeSize> nodes = grown.nodes().subList(0, fewer);
      for (Arrangement cut : Cuts.of(asked, nodes, forecaster.model().config())) {
        assertThat(forecaster.of(cut).fits()).as("%s", cut).isFalse();
      }
    }
  }

  @Test
  void whatNoMemoryHoldsIsNotProposedMoreOf() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_7B, StorageFormat.Q4_0);
    Arrangement asked = arrangement("4x1000t", F32, 100_000, 1024);
    assertThat(forecaster.of(asked).tooManyPages()).isTrue();
    assertThat(proposals(forecaster, asked))
        .containsExactly("--context 16352", "--concurrency 167");
  }

  @Test
  void everyProposalFitsAndIsWhatItsFlagsSay() {
    long seed = 7;
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      PublishedShape shape = pick(random, PublishedShape.values());
      StorageFormat format = pick(random, StorageFormat.values());
      Forecaster forecaster = forecaster(shape, format);
      String nodes =
          String.join(
              ",",
              IntStream.range(0, 1 + random.nextInt(6))
                  .mapToObj(i -> (8 << random.nextInt(4)) + "g")
                  .toList());
      Arrangement asked =
          arrangement(nodes, F32, 1 + random.nextInt(100_000), 1 + random.nextInt(20));
      Forecast forecast = forecaster.of(asked);
      if (forecast.fits()) {
        continue;
      }
      for (Remedy remedy :
          new Remedies(forecaster, forecast, asked.nodes().subList(0, 1), true).all()) {
        Arrangement proposed = remedy.forecast().arrangement();
        assertThat(forecaster.of(proposed).fits())
            .as("seed %d, round %d: %s", seed, round, proposed)
            .isTrue();
        assertThat(proposed.flagsFrom(asked)).isNotEmpty();
      }
    }
  }

  private static <T> T pick(Random random, T[] values) {
    return values[random.nextInt(values.length)];
  }

  @Test
  void aRemedyThatDoesNotFitIsRefused() {
    Forecaster forecaster = forecaster(PublishedShape.CODELLAMA_70B, StorageFormat.BF16);
    Forecast large = forecaster.of(arrangement("8g", F32, 1000, 1));
    assertThatThrownBy(() -> new Remedy("hope", large))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
