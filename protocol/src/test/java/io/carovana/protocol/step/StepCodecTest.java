package io.carovana.protocol.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepCodecTest {
  private static final int ROUNDS = 300;

  private static ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer encoded(StepPlan plan) {
    ByteBuffer bytes = room(PlanCodec.encodedBytes(plan));
    PlanCodec.encode(plan, bytes);
    assertThat(bytes.hasRemaining()).isFalse();
    return bytes.flip();
  }

  private static ByteBuffer encoded(StepResult result) {
    ByteBuffer bytes = room(ResultCodec.encodedBytes(result));
    ResultCodec.encode(result, bytes);
    return bytes.flip();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void plansComeBackAsTheyWere(long seed) throws Exception {
    Random random = new Random(seed);
    StepPlan decoded = new StepPlan();
    for (int i = 0; i < ROUNDS; i++) {
      ByteBuffer bytes = encoded(RandomSteps.plan(random));
      PlanCodec.decode(bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN), decoded);
      assertThat(encoded(decoded)).isEqualTo(bytes);
    }
  }

  @Test
  void everyFieldOfAPlanTravels() throws Exception {
    StepPlan plan = new StepPlan();
    plan.epoch = 3;
    plan.step = 4;
    plan.urgent = true;
    SequenceStep entry = plan.add();
    entry.sequence = 5;
    entry.start = 6;
    entry.reserve(2, 1);
    entry.rows = 2;
    entry.tokens[0] = 7;
    entry.tokens[1] = 8;
    entry.pageCount = 1;
    entry.pages[0] = 9;
    entry.logits = SequenceStep.Logits.ALL;
    entry.sampledRows = 1;
    entry.nextPromptToken = 10;
    entry.temperature = 0.5f;
    entry.topP = 0.75f;
    entry.seed = 11;
    entry.choice = 12;
    entry.topLogprobs = 13;
    entry.logprobs = true;
    entry.digest = true;
    StepPlan decoded = new StepPlan();
    PlanCodec.decode(encoded(plan), decoded);
    assertThat(decoded).usingRecursiveComparison().isEqualTo(plan);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void resultsComeBackAsTheyWere(long seed) throws Exception {
    Random random = new Random(seed);
    StepResult decoded = new StepResult();
    for (int i = 0; i < ROUNDS; i++) {
      StepResult result = RandomSteps.result(random);
      ByteBuffer bytes = encoded(result);
      ResultCodec.decode(bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN), decoded);
      assertThat(decoded.failure).isEqualTo(result.failure);
      assertThat(encoded(decoded)).isEqualTo(bytes);
    }
  }

  @Test
  void longFailuresAreCut() throws Exception {
    StepResult result = new StepResult();
    result.status = StepResult.Status.FAILED;
    result.failure = "x".repeat(2 * ResultCodec.MAX_FAILURE_BYTES);
    StepResult decoded = new StepResult();
    ResultCodec.decode(encoded(result), decoded);
    assertThat(decoded.failure).isEqualTo("x".repeat(ResultCodec.MAX_FAILURE_BYTES));
  }

  @Test
  void progressComesBackAsItWas() throws Exception {
    ProgressReport report = new ProgressReport();
    report.epoch = 1;
    report.rank = 2;
    report.counter = 3;
    report.state = ProgressReport.State.WAITING;
    report.step = 4;
    report.droppedEpoch = 5;
    report.droppedOther = 6;
    ByteBuffer bytes = room(ProgressCodec.BYTES);
    ProgressCodec.encode(report, bytes);
    ProgressReport decoded = new ProgressReport();
    ProgressCodec.decode(bytes.flip(), decoded);
    assertThat(decoded).usingRecursiveComparison().isEqualTo(report);
  }

  /** Anything but a typed failure, such as an index or memory error, fails the test. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void damagedBytesGiveATypedFailureOrAnotherValue(long seed) {
    Random random = new Random(seed);
    StepPlan plan = new StepPlan();
    StepResult result = new StepResult();
    int refused = 0;
    for (int i = 0; i < 10 * ROUNDS; i++) {
      refused += accepts(mutated(encoded(RandomSteps.plan(random)), random), plan) ? 0 : 1;
      refused += accepts(mutated(encoded(RandomSteps.result(random)), random), result) ? 0 : 1;
    }
    assertThat(refused).isPositive();
  }

  private static boolean accepts(ByteBuffer bytes, StepPlan plan) {
    try {
      PlanCodec.decode(bytes, plan);
      return true;
    } catch (StepFormatException e) {
      return false;
    }
  }

  private static boolean accepts(ByteBuffer bytes, StepResult result) {
    try {
      ResultCodec.decode(bytes, result);
      return true;
    } catch (StepFormatException e) {
      return false;
    }
  }

  private static ByteBuffer mutated(ByteBuffer bytes, Random random) {
    byte[] copy = Arrays.copyOf(bytes.array(), bytes.limit());
    for (int i = random.nextInt(4); i >= 0; i--) {
      switch (random.nextInt(3)) {
        case 0 -> copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
        case 1 ->
            ByteBuffer.wrap(copy)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(random.nextInt(copy.length - 3), extreme(random));
        default -> copy = Arrays.copyOf(copy, Math.max(8, random.nextInt(copy.length + 9)));
      }
    }
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int extreme(Random random) {
    int[] values = {-1, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 28, 1 << 30, 0x7F80_0000};
    return values[random.nextInt(values.length)];
  }

  @Test
  void countsBeyondTheBytesAreRefusedBeforeTheyAreUsed() {
    ByteBuffer bytes = encoded(new StepPlan());
    bytes.putInt(17, Integer.MAX_VALUE);
    assertThatThrownBy(() -> PlanCodec.decode(bytes, new StepPlan()))
        .isInstanceOf(StepFormatException.class)
        .hasMessageContaining("sequences");
  }
}
