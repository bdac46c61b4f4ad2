package io.carovana.coordinator.membership;

import static io.carovana.coordinator.membership.NameClaims.Verdict.GRANTED;
import static io.carovana.coordinator.membership.NameClaims.Verdict.TAKEN;
import static io.carovana.coordinator.membership.NameClaims.Verdict.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.carovana.coordinator.membership.NameClaims.Verdict;
import io.carovana.protocol.v1.WorkerHello;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is a successor and who is a second one; the clock is given, in milliseconds. */
class NameClaimsTest {
  private static final String HERE = "127.0.0.1:7360";
  private static final String THERE = "127.0.0.1:7590";

  private final NameClaims claims = new NameClaims();
  private final Worker holder =
      new Worker(hello("first", HERE), TestInbox.<Message>create().getRef(), 0);

  @Test
  void theSameAddressIsARestartAtOnce() {
    assertThat(judge("second", HERE, 1)).isEqualTo(GRANTED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Worker.State.class,
      names = {"REFUSED", "FENCED", "LOST"})
  void aHolderThatIsOutLeavesItsName(Worker.State state) {
    holder.become(state, "");
    assertThat(judge("second", THERE, 1)).isEqualTo(GRANTED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Worker.State.class,
      names = {"RESERVE", "LOADING", "SERVING"})
  void aHolderThatIsHeardAgainKeepsItsName(Worker.State state) {
    holder.become(state, "");
    heard(900);
    assertThat(judge("second", THERE, 1000)).isEqualTo(WAIT);
    heard(1900);
    assertThat(judge("second", THERE, 2000)).isEqualTo(TAKEN);
  }

  @Test
  void aHolderThatIsSilentLosesItsName() {
    heard(900);
    assertThat(judge("second", THERE, 1000)).isEqualTo(WAIT);
    assertThat(judge("second", THERE, 2000)).isEqualTo(WAIT);
    assertThat(judge("second", THERE, 3000)).isEqualTo(WAIT);
    assertThat(judge("second", THERE, 4000)).isEqualTo(GRANTED);
  }

  @Test
  void nothingIsConcludedFromWhatWaitedWhileTheCoordinatorStoodStill() {
    assertThat(judge("second", THERE, 5000)).as("silent for 5 s, it seems").isEqualTo(WAIT);
    heard(5001);
    assertThat(judge("second", THERE, 5002)).as("an old hello, perhaps").isEqualTo(WAIT);
    assertThat(judge("second", THERE, 6000)).isEqualTo(WAIT);
    heard(6001);
    assertThat(judge("second", THERE, 7000)).isEqualTo(TAKEN);
  }

  @Test
  void aNewcomerThatGaveUpIsForgotten() {
    assertThat(judge("second", THERE, 0)).isEqualTo(WAIT);
    heard(20_000);
    assertThat(judge("second", THERE, 20_100)).isEqualTo(WAIT);
  }

  private void heard(long nowMs) {
    holder.heardNs = ns(nowMs);
  }

  private Verdict judge(String incarnation, String address, long nowMs) {
    return claims.judge(holder, hello(incarnation, address), ns(nowMs));
  }

  private static long ns(long ms) {
    return Duration.ofMillis(ms).toNanos();
  }

  private static WorkerHello hello(String incarnation, String address) {
    return WorkerHello.newBuilder()
        .setNode("w1")
        .setIncarnation(incarnation)
        .setReplyTo("pekko://carovana@" + address + "/user/link#1")
        .build();
  }
}
