package io.carovana.benchmarks.load;

import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/** What one phase measured. Times are kept to three digits, in microseconds. */
final class Figures {
  private static final int DIGITS = 3;

  final Histogram firstTokenUs = new SynchronizedHistogram(DIGITS);
  final Histogram betweenUs = new SynchronizedHistogram(DIGITS);
  private final long beganNs = System.nanoTime();
  private long endedNs;
  private long streamedTokens;
  private double prefillSeconds = Double.NaN;

  /** A stream paused for {@code ns} and went on with {@code events} pieces of text. */
  synchronized void streamed(long ns, int events) {
    betweenUs.recordValue(ns / 1_000);
    streamedTokens += events;
  }

  /** More pieces of text, of a burst that has begun. */
  synchronized void more(int events) {
    streamedTokens += events;
  }

  void firstToken(long ns) {
    firstTokenUs.recordValue(ns / 1_000);
  }

  /** The median time of the long prompts; NaN if there were none. */
  synchronized void prefill(double seconds) {
    prefillSeconds = seconds;
  }

  synchronized double prefill() {
    return prefillSeconds;
  }

  synchronized void end() {
    endedNs = System.nanoTime();
  }

  /** One of the lines of the table, as long as {@link #HEADER}. */
  synchronized String line(String name) {
    double seconds = (endedNs - beganNs) / 1e9;
    return String.format(
        Locale.ROOT,
        "%-18s %8.1f %7d %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f",
        name,
        seconds,
        firstTokenUs.getTotalCount(),
        ms(firstTokenUs, 50),
        ms(firstTokenUs, 90),
        ms(firstTokenUs, 99),
        ms(firstTokenUs, 100),
        ms(betweenUs, 50),
        ms(betweenUs, 99),
        ms(betweenUs, 100),
        streamedTokens / seconds);
  }

  static final String HEADER =
      String.format(
          Locale.ROOT,
          "%-18s %8s %7s %39s %29s %9s%n%-18s %8s %7s %9s %9s %9s %9s %9s %9s %9s %9s",
          "",
          "",
          "short",
          "ms to the first token",
          "ms between tokens of streams",
          "streamed",
          "phase",
          "seconds",
          "ones",
          "p50",
          "p90",
          "p99",
          "max",
          "p50",
          "p99",
          "max",
          "tokens/s");

  static double ms(Histogram histogram, double percentile) {
    return histogram.getTotalCount() == 0
        ? Double.NaN
        : histogram.getValueAtPercentile(percentile) / 1e3;
  }
}
