package io.carovana.protocol.step;

/** Bytes that are not the encoding of a plan, a result or a report. */
public final class StepFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With what is wrong. */
  public StepFormatException(String message) {
    super(message);
  }
}
