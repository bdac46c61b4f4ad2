package io.carovana.model.prompt;

import java.util.Objects;

/** A prompt cannot be made from what the client sent: which field of the request, and why. */
public sealed class PromptException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String field;

  PromptException(String field, String message) {
    super(message);
    this.field = field;
  }

  /** The field as the client knows it, for instance {@code messages[2].role}. */
  public String field() {
    return field;
  }

  /** What is wrong with it, for the client. */
  public String reason() {
    return Objects.requireNonNull(getMessage());
  }

  /** The client asks for infilling and the vocabulary has no sentinels for it. */
  public static final class NoInfilling extends PromptException {
    private static final long serialVersionUID = 1L;

    NoInfilling(String field) {
      super(field, "this model has no infilling");
    }
  }
}
