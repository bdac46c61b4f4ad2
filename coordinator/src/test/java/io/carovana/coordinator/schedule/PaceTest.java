package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.coordinator.schedule.TimedEngine.Costs;
import io.carovana.protocol.step.SequenceResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How fast streams, short completions and a long prompt are beside each other, in simulated time.
 */
class PaceTest {
  private static final String LONG = "long";
  private static final int CONTEXT = 40_000;
  private static final int PAGES = 8 * CONTEXT / KvPool.PAGE_TOKENS;
  private static final double SHORT_EVERY_US = 150_000;
  private static final double SECOND_US = 1e6;

  /** Requests that come again and again, and when their tokens come. */
  private static final class Load implements RequestEvents {
    final Scheduler scheduler = new Scheduler(100, this);
    final TimedEngine engine;
    final Random random = new Random(5);
    final Map<String, Double> lastUs = new HashMap<>();
    final List<Double> betweenUs = new ArrayList<>();
    final List<Double> shortFirstUs = new ArrayList<>();
    double longUs;
    int requests;

    Load(Costs costs, int layers) {
      engine = new TimedEngine(scheduler, costs, layers);
      scheduler.begin(1, new EngineLimits(1, 0, 1, CONTEXT, PAGES, 256, 8, layers, true, false));
      scheduler.accept();
      submit("warm-up", 1_000, 1);
      engine.run(() -> false);
    }

    void submit(String id, int promptTokens, int maxTokens) {
      engine.at(
          engine.nowUs(),
          () -> {
            lastUs.put(id, engine.nowUs());
            int[] prompt = random.ints(promptTokens, 2, 4_000).toArray();
            scheduler.submit(Requests.of(id, prompt, maxTokens));
          });
    }

    void stream() {
      submit("stream-" + requests++, 200, 1_500 + random.nextInt(500));
    }

    void shortOnes() {
      submit("short-" + requests++, 100 + random.nextInt(200), 32);
      double pause = -Math.log(1 - random.nextDouble()) * SHORT_EVERY_US;
      engine.at(engine.nowUs() + pause, this::shortOnes);
    }

    double longAlone(int tokens) {
      submit(LONG, tokens, 1);
      engine.run(() -> false);
      return longUs;
    }

    /** Runs for so long and forgets what came before. */
    void seconds(double seconds) {
      betweenUs.clear();
      shortFirstUs.clear();
      double until = engine.nowUs() + seconds * SECOND_US;
      engine.run(() -> engine.nowUs() >= until);
    }

    void untilLongIsRead(int tokens) {
      betweenUs.clear();
      shortFirstUs.clear();
      longUs = 0;
      submit(LONG, tokens, 1);
      engine.run(() -> longUs > 0);
    }

    @Override
    public void onToken(Request request, int index, SequenceResult result) {
      double now = engine.nowUs();
      double pause = now - lastUs.put(request.id(), now);
      if (request.id().startsWith("stream") && index > 0) {
        betweenUs.add(pause);
      } else if (request.id().startsWith("short") && index == 0) {
        shortFirstUs.add(pause);
      } else if (request.id().equals(LONG)) {
        longUs = pause;
      }
    }

    @Override
    public void onEnd(Request request, Ending ending) {
      assertThat(ending.reason()).isEqualTo(Ending.Reason.LENGTH);
      if (request.id().startsWith("stream")) {
        stream();
      }
    }

    @Override
    public void onPromptRows(
        Request request, int position, int firstRow, int rows, SequenceResult result) {}

    @Override
    public void onProgress(Request request, int done, int cached, long leftMs) {}
  }

  @ParameterizedTest
  @CsvSource({
    "2000, 200, 0.02, 300, 6, 20000",
    "4000, 220, 0.02, 500, 6, 20000",
    "20000, 3700, 0.15, 300, 22, 8000"
  })
  void streamsAndALongPromptShareTheTime(
      double step, double row, double position, double way, int layers, int tokens) {
    Costs costs = new Costs(step, row, position, way);
    double alone = new Load(costs, layers).longAlone(tokens);
    Load load = new Load(costs, layers);
    load.stream();
    load.stream();
    load.seconds(20);
    double undisturbed = percentile(load.betweenUs, 0.99);
    load.untilLongIsRead(tokens);
    assertThat(percentile(load.betweenUs, 0.99)).isLessThan(2 * undisturbed);
    assertThat(load.longUs).isLessThan(3 * alone);
  }

  @ParameterizedTest
  @CsvSource({"2000, 200, 0.02, 300", "4000, 220, 0.02, 500"})
  void noStreamWaitsForAChunkThatIsReadForShortPromptsToo(
      double step, double row, double position, double way) {
    Load load = new Load(new Costs(step, row, position, way), 6);
    load.stream();
    load.stream();
    load.shortOnes();
    load.seconds(20);
    double undisturbed = percentile(load.betweenUs, 1);
    load.untilLongIsRead(20_000);
    assertThat(percentile(load.betweenUs, 1)).isLessThan(2 * undisturbed);
    assertThat(percentile(load.shortFirstUs, 0.99)).isLessThan(3 * SECOND_US);
  }

  private static double percentile(List<Double> values, double part) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(Math.min(sorted.size() - 1, (int) (part * sorted.size())));
  }
}
