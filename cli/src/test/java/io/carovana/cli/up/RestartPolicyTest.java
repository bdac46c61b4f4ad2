package io.carovana.cli.up;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestartPolicyTest {
  private final RestartPolicy policy = new RestartPolicy();

  @Test
  void waitsLongerAfterEachDeathAndGivesUp() {
    long previous = 0;
    for (int death = 1; death <= RestartPolicy.MOST_DEATHS; death++) {
      long delay = policy.afterDeath(10).orElseThrow();
      assertThat(delay).isBetween(previous, RestartPolicy.LONGEST_DELAY_MS);
      previous = delay;
    }
    assertThat(previous).isEqualTo(RestartPolicy.LONGEST_DELAY_MS);
    assertThat(policy.afterDeath(10)).isEmpty();
  }

  @Test
  void aProcessThatWasWellStartsAfresh() {
    for (int death = 1; death <= RestartPolicy.MOST_DEATHS; death++) {
      policy.afterDeath(10);
    }
    assertThat(policy.afterDeath(RestartPolicy.WELL_MS)).hasValue(RestartPolicy.FIRST_DELAY_MS);
    assertThat(policy.afterDeath(10)).hasValue(2 * RestartPolicy.FIRST_DELAY_MS);
  }
}
