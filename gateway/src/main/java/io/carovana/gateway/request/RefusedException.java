package io.carovana.gateway.request;

import io.carovana.protocol.Failure;

/** A rule refused the request; carries the typed failure out of the parser. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  /** Carries {@code failure}. */
  public RefusedException(Failure failure) {
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  /** A field that breaks a rule. */
  public static RefusedException field(String field, String message) {
    return new RefusedException(new Failure.InvalidRequest(field, message));
  }

  /** What was wrong. */
  public Failure failure() {
    return failure;
  }
}
