package io.carovana.model.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Error bounds, determinism and edge cases of Carovana's own formats. */
class OwnQuantizerTest {
  private static final int GROUPS = 64;

  private static float[] gaussian(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) (0.02 * random.nextGaussian());
    }
    return x;
  }

  private static double meanSquare(float[] x) {
    double sum = 0;
    for (float value : x) {
      sum += (double) value * value;
    }
    return sum / x.length;
  }

  /** Quantizes and gives back what the codes mean. */
  private static float[] roundTrip(OwnFormat format, float[] x) {
    OwnQuantizer quantizer = new OwnQuantizer(format);
    byte[] codes = new byte[x.length];
    float[] back = new float[x.length];
    for (int at = 0; at < x.length; at += format.group()) {
      int bits = quantizer.quantize(x, at, codes, at);
      assertThat(bits).isNotEqualTo(OwnQuantizer.OUT_OF_RANGE);
      float scale = Float.float16ToFloat((short) bits);
      for (int i = at; i < at + format.group(); i++) {
        assertThat((int) codes[i]).isBetween(format.bits().least(), format.bits().most());
        back[i] = scale * codes[i];
      }
    }
    return back;
  }

  private static double relativeError(OwnFormat format, float[] x) {
    float[] back = roundTrip(format, x);
    float[] difference = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      difference[i] = x[i] - back[i];
    }
    return meanSquare(difference) / meanSquare(x);
  }

  /** Squared error over squared weight of Gaussian weights, as measured, with 5 % of slack. */
  @ParameterizedTest
  @CsvSource({
    "Q4, 32, 0.0072", "Q4, 64, 0.0087", "Q4, 128, 0.0100",
    "Q8, 32, 0.0000305", "Q8, 64, 0.0000375", "Q8, 128, 0.0000445"
  })
  void staysWithinTheMeasuredError(OwnBits bits, int group, double limit) {
    long seed = 42;
    double error = relativeError(new OwnFormat(bits, group), gaussian(seed, GROUPS * 128));
    assertThat(error).as("seed %d", seed).isLessThan(limit);
  }

  /** The search must pay for itself: with the plain scale alone the error is a tenth larger. */
  @Test
  void clippingSearchBeatsThePlainScale() {
    float[] x = gaussian(7, GROUPS * 128);
    double plain = 0;
    for (int at = 0; at < x.length; at += 128) {
      float extreme = 0;
      for (int i = at; i < at + 128; i++) {
        extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
      }
      float scale = extreme / -8;
      for (int i = at; i < at + 128; i++) {
        float code = Math.clamp((float) Math.rint(x[i] / scale), -8, 7);
        plain += Math.pow(x[i] - scale * code, 2);
      }
    }
    double searched = relativeError(new OwnFormat(OwnBits.Q4, 128), x) * meanSquare(x) * x.length;
    assertThat(searched).isLessThan(0.9 * plain);
  }

  @Test
  void eightBitsAreWithinHalfAStep() {
    float[] x = gaussian(3, GROUPS * 128);
    float[] back = roundTrip(new OwnFormat(OwnBits.Q8, 128), x);
    for (int at = 0; at < x.length; at += 128) {
      float most = 0;
      for (int i = at; i < at + 128; i++) {
        most = Math.max(most, Math.abs(x[i]));
      }
      for (int i = at; i < at + 128; i++) {
        assertThat(Math.abs(x[i] - back[i])).isLessThanOrEqualTo(most / 127 * 0.53f);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"Q4", "Q8"})
  void keepsWhatIsExactlyRepresentable(OwnBits bits) {
    float[] x = new float[32];
    for (int i = 0; i < 32; i++) {
      x[i] = 0.25f * Math.clamp(i - 16, bits.least(), bits.most());
    }
    x[0] = 0.25f * (bits == OwnBits.Q4 ? -8 : -127);
    assertThat(roundTrip(new OwnFormat(bits, 32), x)).isEqualTo(x);
  }

  @ParameterizedTest
  @CsvSource({"Q4", "Q8"})
  void zerosStayZeros(OwnBits bits) {
    assertThat(roundTrip(new OwnFormat(bits, 64), new float[64])).containsOnly(0f);
  }

  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity", "70000", "-1e30"})
  void refusesWhatNoScaleCovers(float value) {
    float[] x = gaussian(1, 64);
    x[63] = value;
    for (OwnBits bits : OwnBits.values()) {
      OwnQuantizer quantizer = new OwnQuantizer(new OwnFormat(bits, 64));
      assertThat(quantizer.quantize(x, 0, new byte[64], 0)).isEqualTo(OwnQuantizer.OUT_OF_RANGE);
    }
  }
}
