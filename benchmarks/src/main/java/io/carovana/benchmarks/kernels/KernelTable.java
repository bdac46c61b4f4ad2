package io.carovana.benchmarks.kernels;

import io.carovana.model.quant.KvProfile;
import io.carovana.worker.kernels.PanelFormat;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the kernel benchmarks in several JVM forks and prints a roofline table: what an operation
 * moves and computes, the limit this machine sets, and what was achieved. Arguments: forks, seconds
 * per measurement, and a regular expression that chooses benchmarks.
 */
public final class KernelTable {
  private static final String PACKAGE = KernelTable.class.getPackageName();

  private KernelTable() {}

  /** Prints the table. */
  public static void main(String[] args) throws RunnerException {
    int forks = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    Collection<RunResult> limits = run("LimitsBenchmark", forks, seconds);
    double readBytesPerUs = LimitsBenchmark.READ_BYTES / score(limits, "read");
    double operationsPerUs = LimitsBenchmark.operations() / score(limits, "multiplyAdd");
    String chosen = args.length > 2 ? args[2] : "Matvec|Prefill|Attention|Rows";
    Collection<RunResult> results = run("(" + chosen + ")Benchmark", forks, seconds);
    System.out.printf(
        Locale.ROOT,
        "%nmachine, one thread: read %.1f GB/s, f32 multiply-add %.1f GFLOP/s%n%n",
        readBytesPerUs / 1e3,
        operationsPerUs / 1e3);
    System.out.printf(
        Locale.ROOT,
        "%-34s %12s %9s %9s %8s %8s %7s %6s %8s%n",
        "operation",
        "us/op",
        "+/-",
        "MB",
        "MFLOP",
        "GB/s",
        "GFLOP/s",
        "limit",
        "B/op");
    for (RunResult result : results) {
      print(result, readBytesPerUs, operationsPerUs);
    }
  }

  private static Collection<RunResult> run(String benchmark, int forks, int seconds)
      throws RunnerException {
    Options options =
        new OptionsBuilder()
            .include(PACKAGE.replace(".", "\\.") + "\\." + benchmark)
            .forks(forks)
            .warmupIterations(3)
            .warmupTime(TimeValue.seconds(seconds))
            .measurementIterations(3)
            .measurementTime(TimeValue.seconds(seconds))
            .addProfiler(GCProfiler.class)
            .jvmArgs(
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xms2g",
                "-Xmx2g")
            .jvmArgsAppend("-XX:+UseSerialGC", "-XX:+UseTransparentHugePages")
            .build();
    return new Runner(options).run();
  }

  private static double score(Collection<RunResult> results, String method) {
    return results.stream()
        .filter(result -> result.getParams().getBenchmark().endsWith("." + method))
        .mapToDouble(result -> result.getPrimaryResult().getScore())
        .findFirst()
        .orElseThrow();
  }

  /** One line; the limit is the larger of the times for its traffic and its operations. */
  private static void print(RunResult result, double readBytesPerUs, double operationsPerUs) {
    BenchmarkParams params = result.getParams();
    Work work = Work.of(params);
    double us = result.getPrimaryResult().getScore();
    double least = Math.max(work.bytes() / readBytesPerUs, work.operations() / operationsPerUs);
    Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
    System.out.printf(
        Locale.ROOT,
        "%-34s %12.1f %9.1f %9.2f %8.1f %8.1f %7.1f %5.0f%% %8.1f%n",
        work.name(),
        us,
        result.getPrimaryResult().getScoreError(),
        work.bytes() / 1e6,
        work.operations() / 1e6,
        work.bytes() / us / 1e3,
        work.operations() / us / 1e3,
        100 * least / us,
        allocated == null ? Double.NaN : allocated.getScore());
  }

  /**
   * What an operation must at least do.
   *
   * @param bytes read from memory; 0 where the data stays in cache
   * @param operations f32 multiplications and additions; 0 where memory alone is the limit
   */
  private record Work(String name, double bytes, double operations) {
    static Work of(BenchmarkParams params) {
      String method = params.getBenchmark();
      method = method.substring(method.lastIndexOf('.') + 1);
      double columns = Workloads.COLUMNS;
      return switch (method) {
        case "matvec" -> {
          PanelFormat format = PanelFormat.valueOf(params.getParam("format"));
          double weights = Workloads.ROWS * columns;
          double bytes = Workloads.panels(format, Workloads.ROWS, Workloads.COLUMNS).bytes();
          yield new Work("matvec " + format, bytes, 2 * weights);
        }
        case "gemm" -> {
          double operations = 2.0 * PrefillBenchmark.TOKENS * PrefillBenchmark.ROWS * columns;
          yield new Work("prefill " + params.getParam("format"), 0, operations);
        }
        case "attention" -> {
          int rows = Integer.parseInt(params.getParam("rows"));
          int group = Integer.parseInt(params.getParam("group"));
          double keys = AttentionBenchmark.POSITIONS - (rows - 1) / 2.0;
          KvProfile kv = KvProfile.valueOf(params.getParam("kvProfile"));
          double cells = (double) AttentionBenchmark.KV_HEADS * AttentionBenchmark.HEAD_DIM * keys;
          yield new Work(
              "attention " + kv.id() + " rows " + rows + " group " + group,
              AttentionBenchmark.KV_HEADS * kv.bytesPerHead(AttentionBenchmark.HEAD_DIM) * keys,
              4.0 * rows * group * cells);
        }
        default -> new Work(method + " of " + Workloads.COLUMNS, 0, columns);
      };
    }
  }
}
