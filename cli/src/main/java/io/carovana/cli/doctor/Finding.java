package io.carovana.cli.doctor;

/**
 * What a check found.
 *
 * @param check its name
 * @param verdict how bad it is
 * @param found what there is
 * @param advice what to do; empty when all is well
 */
public record Finding(String check, Verdict verdict, String found, String advice) {
  /** How bad it is. */
  public enum Verdict {
    /** Fine. */
    OK,
    /** Works, but slowly or within limits. */
    WARN,
    /** Will not work. */
    FAIL
  }

  static Finding ok(String check, String found) {
    return new Finding(check, Verdict.OK, found, "");
  }

  static Finding warn(String check, String found, String advice) {
    return new Finding(check, Verdict.WARN, found, advice);
  }

  static Finding fail(String check, String found, String advice) {
    return new Finding(check, Verdict.FAIL, found, advice);
  }
}
