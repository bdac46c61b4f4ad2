package io.carovana.worker.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.model.files.ModelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The first promise: tokens, all logits and log-probabilities are the same bytes however a model is
 * cut, threaded, chunked and batched, with every kernel and vector width. The digests in {@code
 * same-bits.properties} hold across JVMs and machines; they change only with the numerics
 * contract's version.
 */
class SameBitsTest {
  /** Beyond one block of 256 keys, and no multiple of anything. */
  private static final int PROMPT = 283;

  private static final int CONTEXT = 320;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(TestModel.class)
  void everyWayToRunGivesTheGoldenBits(TestModel model) throws IOException {
    try (ModelFiles files = model.open(folder)) {
      for (Map.Entry<String, LocalOptions> way : ways(model, files).entrySet()) {
        assertGolden(model, way.getKey(), alone(files, way.getValue()));
      }
    }
  }

  /** Run again with every vector width in a JVM of its own; see the surefire executions. */
  @ParameterizedTest
  @EnumSource(TestModel.class)
  @Tag("widths")
  void everyVectorWidthGivesTheGoldenBits(TestModel model) throws IOException {
    try (ModelFiles files = model.open(folder)) {
      String width = System.getProperty("carovana.test.maxVectorBits", "widest") + "-bit vectors";
      assertGolden(model, width, alone(files, base(model)));
    }
  }

  @ParameterizedTest
  @EnumSource(TestModel.class)
  void neighboursInTheBatchChangeNothing(TestModel model) throws IOException {
    try (ModelFiles files = model.open(folder);
        LocalGenerator generator =
            LocalGenerator.open(
                files, base(model).withPrefillChunk(48).withThreads(2).withContext(CONTEXT, 4))) {
      int vocabulary = files.config().vocabSize();
      GenerateRequest own = request(files);
      GenerateRequest sampled = Requests.sampled(Requests.prompt(40, vocabulary, 7), 99);
      List<GenerateRequest> together =
          List.of(
              Requests.greedy(Requests.prompt(5, vocabulary, 5)),
              own,
              sampled,
              Requests.greedy(Requests.prompt(100, vocabulary, 6)));
      List<GenerateResult> results = generator.generateTogether(together);
      assertGolden(model, "in a batch of 4", Requests.digest(results.get(1)));
      assertThat(Requests.digest(generator.generate(sampled)))
          .as("sampled alone and in a batch")
          .isEqualTo(Requests.digest(results.get(2)));
    }
  }

  private static Map<String, LocalOptions> ways(TestModel model, ModelFiles files) {
    LocalOptions base = base(model);
    Map<String, LocalOptions> ways = new LinkedHashMap<>();
    ways.put("1 rank, chunk 64", base);
    ways.put("2 ranks", base.withRanks(2, 1));
    if (files.config().kvHeads() >= 3) {
      ways.put("3 ranks", base.withRanks(3, 1));
    }
    ways.put("split 3:1", base.withSplit(List.of(3.0, 1.0)));
    ways.put("2 stages x 2 ranks", base.withRanks(2, 2).withPrefillChunk(512));
    ways.put("chunk 1", base.withPrefillChunk(1));
    ways.put("chunk 7", base.withPrefillChunk(7));
    ways.put("chunk 512", base.withPrefillChunk(512));
    ways.put("2 threads", base.withThreads(2));
    ways.put(
        "2 ranks x 2 threads, chunk 7", base.withRanks(2, 1).withThreads(2).withPrefillChunk(7));
    ways.put("scalar", base.withKernel("scalar").withPrefillChunk(512));
    return ways;
  }

  private static LocalOptions base(TestModel model) {
    return LocalOptions.DEFAULT
        .withPrefillChunk(64)
        .withContext(CONTEXT, 1)
        .withQuantization(model.quantization())
        .withKv(model.kv());
  }

  private static GenerateRequest request(ModelFiles files) {
    return Requests.greedy(Requests.prompt(PROMPT, files.config().vocabSize(), 1));
  }

  private static String alone(ModelFiles files, LocalOptions options) {
    try (LocalGenerator generator = LocalGenerator.open(files, options)) {
      return Requests.digest(generator.generate(request(files)));
    }
  }

  private static void assertGolden(TestModel model, String way, String digest) throws IOException {
    Properties golden = new Properties();
    try (InputStream in = SameBitsTest.class.getResourceAsStream("same-bits.properties")) {
      golden.load(in);
    }
    System.out.printf("%-12s %-30s %s%n", model, way, digest.substring(0, 16));
    assertThat(digest).as("%s, %s", model, way).isEqualTo(golden.getProperty(model.name()));
  }
}
