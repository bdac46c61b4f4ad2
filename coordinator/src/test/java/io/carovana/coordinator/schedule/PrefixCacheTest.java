package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefixCacheTest {
  private static final int PAGE = KvPool.PAGE_TOKENS;

  private final PrefixCache cache = new PrefixCache(8, true);
  private final KvPool pool = cache.pool();
  private long numbers;

  @Test
  void findsWhatAnotherSequenceComputed() {
    Sequence first = computed(Requests.counting(0, 3 * PAGE + 5));
    int[] pages = first.pages.clone();
    cache.release(first);
    assertThat(pool.free()).isEqualTo(8);
    assertThat(pool.cached()).isEqualTo(3);

    int[] edited = Requests.counting(0, 3 * PAGE + 5);
    edited[2 * PAGE + 1] = 7;
    assertThat(cache.find(sequence(edited)))
        .as("up to the edit")
        .containsExactly(pages[0], pages[1]);
    assertThat(cache.find(sequence(Requests.counting(1, 100)))).isEmpty();
  }

  @Test
  void leavesAtLeastOnePositionToCompute() {
    Sequence first = computed(Requests.counting(0, 2 * PAGE));
    assertThat(cache.find(first)).hasSize(1);
    assertThat(cache.find(sequence(Requests.counting(0, 2 * PAGE + 1)))).hasSize(2);
  }

  @Test
  void sharesPagesUntilTheLastOneLetsGo() {
    Sequence first = computed(Requests.counting(0, 2 * PAGE + 1));
    Sequence second = sequence(Requests.counting(0, 2 * PAGE + 1));
    cache.share(second, cache.find(second));
    assertThat(second.computed).isEqualTo(2 * PAGE);
    assertThat(second.scheduled).isEqualTo(2 * PAGE);

    cache.release(first);
    assertThat(pool.free()).as("two shared pages are in use").isEqualTo(6);
    cache.release(second);
    assertThat(pool.free()).isEqualTo(8);
  }

  @Test
  void joinsTwoThatComputedTheSame() {
    Sequence first = computed(Requests.counting(0, 2 * PAGE + 1));
    Sequence second = withPages(Requests.counting(0, 2 * PAGE + 1));
    second.computed = 2 * PAGE + 1;
    second.inFlight = 1;
    cache.enter(second);
    assertThat(second.pages[0]).as("a step still uses its page").isNotEqualTo(first.pages[0]);
    second.inFlight = 0;
    cache.enter(second);
    assertThat(second.pages[0]).isEqualTo(first.pages[0]);
    assertThat(second.pages[1]).isEqualTo(first.pages[1]);
    assertThat(pool.free()).as("two shared, two own").isEqualTo(4);
  }

  @Test
  void givesAwayTheOldestAndTheEndBeforeTheBeginning() {
    cache.release(computed(Requests.counting(0, 3 * PAGE + 1)));
    cache.release(computed(Requests.counting(5_000, 2 * PAGE + 1)));
    assertThat(pool.cached()).isEqualTo(5);
    for (int i = 0; i < 3 + 2; i++) {
      pool.take();
    }
    assertThat(cache.find(sequence(Requests.counting(0, 3 * PAGE + 1))))
        .as("its last two blocks went first")
        .hasSize(1);
    assertThat(cache.find(sequence(Requests.counting(5_000, 2 * PAGE + 1)))).hasSize(2);
  }

  @Test
  void findsNothingWhenEveryRowIsWantedOrTheCacheIsOff() {
    computed(Requests.counting(0, 2 * PAGE + 1));
    Request.Sampling rows = new Request.Sampling(0, 1, 0, 0, 0, true, true, false);
    Request echo =
        new Request(
            "echo", "g", Requests.counting(0, 80), new int[0], rows, 1, new int[0], 0, "c", false);
    assertThat(cache.find(new Sequence(99, echo))).isEmpty();

    PrefixCache off = new PrefixCache(8, false);
    Sequence sequence = sequence(Requests.counting(0, 80));
    sequence.addPage(off.pool().take());
    sequence.computed = PAGE;
    off.enter(sequence);
    assertThat(off.find(sequence(Requests.counting(0, 80)))).isEmpty();
  }

  private Sequence computed(int[] prompt) {
    Sequence sequence = withPages(prompt);
    sequence.computed = prompt.length;
    cache.enter(sequence);
    return sequence;
  }

  private Sequence withPages(int[] prompt) {
    Sequence sequence = sequence(prompt);
    for (int i = 0; i < KvPool.pagesFor(prompt.length); i++) {
      sequence.addPage(pool.take());
    }
    return sequence;
  }

  private Sequence sequence(int[] prompt) {
    return new Sequence(++numbers, Requests.of("r" + numbers, prompt, 1));
  }
}
