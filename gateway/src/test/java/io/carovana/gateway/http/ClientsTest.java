package io.carovana.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClientsTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, local",
    "127.3.2.1, local",
    "::1, local",
    "0:0:0:0:0:0:0:1, local",
    "10.0.0.5, 10.0.0.5",
    "2001:db8:0:0:0:0:0:7, 2001:db8:0:0:0:0:0:7",
  })
  void thisMachineIsOneClientHoweverItIsReached(String address, String name) {
    assertThat(Clients.place(address)).isEqualTo(name);
  }

  @Test
  void aNameIsTheSameEverywhereAndDoesNotTellTheKey() {
    assertThat(Clients.name("secret")).isEqualTo(Clients.name("secret")).doesNotContain("secret");
    // The digest that is compared must not be what the name shows.
    assertThat(Clients.name("secret")).isNotEqualTo("key-2bb80d53");
  }
}
