package io.carovana.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProcessIdentityTest {
  @Test
  void isTheSameWheneverItIsAskedFor() {
    ProcessIdentity self = ProcessIdentity.self();
    assertThat(ProcessIdentity.of(self.pid())).hasValue(self);
    assertThat(ProcessIdentity.decode(self.encode())).hasValue(self);
    assertThat(self.isAlive()).isTrue();
  }

  @Test
  void aProcessThatStartedAtAnotherTimeIsAnother() {
    ProcessIdentity impostor = new ProcessIdentity(ProcessHandle.current().pid(), "1234");
    assertThat(impostor.isAlive()).isFalse();
    assertThat(impostor.handle()).isEmpty();
  }

  @Test
  void aProcessThatEndedIsGone() throws IOException {
    Process process = new ProcessBuilder("cat").start();
    ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
    assertThat(identity.isAlive()).isTrue();
    process.destroyForcibly();
    await().untilAsserted(() -> assertThat(identity.isAlive()).isFalse());
  }

  @Test
  void readsTheStartTimeBehindAnyProcessName() {
    String tail = " S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0";
    assertThat(ProcessIdentity.fromStat("42 (a b) c) d)" + tail)).hasValue("98765");
    assertThat(ProcessIdentity.fromStat("42 (x)" + tail.replace(" S ", " Z "))).isEmpty();
  }

  @Test
  void garbageIsNoIdentity() {
    assertThat(ProcessIdentity.decode("")).isEmpty();
    assertThat(ProcessIdentity.decode("abc@1")).isEmpty();
    assertThat(ProcessIdentity.decode("@1")).isEmpty();
  }
}
