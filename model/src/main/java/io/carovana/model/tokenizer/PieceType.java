package io.carovana.model.tokenizer;

/**
 * What a piece of the vocabulary is for. The numbers are those of SentencePiece's {@code
 * ModelProto.SentencePiece.Type} and of GGUF's {@code tokenizer.ggml.token_type}, which agree.
 */
public enum PieceType {
  /** Text, reached by merging. */
  NORMAL(1),
  /** Stands for characters the vocabulary lacks. */
  UNKNOWN(2),
  /** Never text: begin and end of a sequence. */
  CONTROL(3),
  /** Text that is always one token wherever it occurs. */
  USER_DEFINED(4),
  /** Padding of the vocabulary; no text becomes it. */
  UNUSED(5),
  /** One byte of a character the vocabulary lacks. */
  BYTE(6);

  private final int number;

  PieceType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** Whether text can become such a piece by merging or by matching. */
  boolean isText() {
    return this == NORMAL || this == USER_DEFINED;
  }

  /**
   * @throws TokenizerException if there is no such type
   */
  static PieceType of(int number, String subject) {
    for (PieceType type : values()) {
      if (type.number == number) {
        return type;
      }
    }
    throw TokenizerException.malformed(subject, "piece type " + number + " does not exist");
  }
}
