package io.carovana.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation against digests in the repository (rule 9), so that a JDK or processor that
 * computes differently shows. A change of the contract replaces the file with the failure's text.
 */
@Tag("widths")
class KernelDigestsTest {
  @ParameterizedTest
  @MethodSource("io.carovana.worker.kernels.KernelsHere#words")
  void outputsAreThoseOfEveryOtherMachine(String wanted) throws IOException {
    String actual = lines(KernelDigests.of(KernelProvider.select(wanted)));
    assertThat(actual).isEqualTo(golden());
  }

  private static String lines(Map<String, String> digests) {
    return digests.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
        .collect(Collectors.joining());
  }

  private static String golden() throws IOException {
    try (InputStream in = KernelDigestsTest.class.getResourceAsStream("/kernels/golden.txt")) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
