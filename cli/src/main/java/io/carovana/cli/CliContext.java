package io.carovana.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command may know of its surroundings.
 *
 * @param environment environment variables
 * @param distribution the unpacked distribution: {@code bin}, {@code lib}, {@code demo-model},
 *     {@code configs}
 * @param out results
 * @param err progress and errors
 */
public record CliContext(
    Map<String, String> environment, Path distribution, PrintStream out, PrintStream err) {

  /** Copies the environment. */
  public CliContext {
    environment = Map.copyOf(environment);
  }

  /** Of this process; {@code bin/carovana} names the distribution. */
  public static CliContext ofProcess() {
    String distribution = System.getProperty("carovana.dist", ".");
    return new CliContext(
        System.getenv(), Path.of(distribution).toAbsolutePath(), System.out, System.err);
  }

  /** Folder of everything Carovana keeps: {@code CAROVANA_HOME}, or {@code ~/.carovana}. */
  public Path home() {
    return io.carovana.cli.instance.InstanceFolder.home(environment);
  }

  /** Folder of configuration profiles. */
  public Path profiles() {
    return distribution.resolve("configs");
  }

  /** The launcher. */
  public Path launcher() {
    return distribution.resolve("bin").resolve("carovana");
  }
}
