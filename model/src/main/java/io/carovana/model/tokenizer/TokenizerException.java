package io.carovana.model.tokenizer;

/**
 * A tokenizer cannot be used: which field of it and why. It names no file, because a tokenizer may
 * also arrive from another process; whoever reads one from a file adds the name.
 */
public final class TokenizerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whether the bytes are wrong, or right but of a kind that is not supported. */
  public enum Kind {
    MALFORMED,
    UNSUPPORTED
  }

  private final Kind kind;
  private final String subject;
  private final String reason;

  private TokenizerException(Kind kind, String subject, String reason) {
    super(subject + ": " + reason);
    this.kind = kind;
    this.subject = subject;
    this.reason = reason;
  }

  static TokenizerException malformed(String subject, String reason) {
    return new TokenizerException(Kind.MALFORMED, subject, reason);
  }

  static TokenizerException unsupported(String subject, String reason) {
    return new TokenizerException(Kind.UNSUPPORTED, subject, reason);
  }

  public Kind kind() {
    return kind;
  }

  /** The field, in the file's own spelling. */
  public String subject() {
    return subject;
  }

  /** What is wrong with it. */
  public String reason() {
    return reason;
  }
}
