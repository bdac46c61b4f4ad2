package io.carovana.cli.aot;

import java.util.Map;

/** What {@code CAROVANA_AOT_CACHE} says; {@code bin/carovana} reads the same words. */
public enum AotMode {
  /** Use what is there, make what is missing. */
  AUTO,
  /** Neither use nor make. */
  OFF,
  /** {@code record:FOLDER}: write down, at its end, what a JVM did. */
  RECORD,
  /** {@code create:FILE}: make a cache of such a recording and end. */
  CREATE;

  /** The variable. */
  public static final String VARIABLE = "CAROVANA_AOT_CACHE";

  /** How long a process may take to end when it is asked to. */
  private static final long STOP_MS = 5_000;

  /** The same where the JVM writes a recording at its end, with idle priority. */
  private static final long RECORDED_STOP_MS = 60_000;

  /** Of an environment; what is unknown is the default, as in the launcher. */
  public static AotMode of(Map<String, String> environment) {
    String value = environment.getOrDefault(VARIABLE, "");
    if (value.startsWith("record:")) {
      return RECORD;
    }
    if (value.startsWith("create:")) {
      return CREATE;
    }
    return value.equals("off") ? OFF : AUTO;
  }

  /** How long a process may take to end when it is asked to. */
  public long stopMs() {
    return this == RECORD ? RECORDED_STOP_MS : STOP_MS;
  }
}
