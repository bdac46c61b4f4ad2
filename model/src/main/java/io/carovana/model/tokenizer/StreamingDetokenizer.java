package io.carovana.model.tokenizer;

/**
 * Ids to text while they arrive. Everything returned is final: bytes that may still become a
 * character are held back until they do, until something else follows, or until {@link #finish}.
 * Fed the same ids, the texts joined equal {@link Tokenizer#decode} of all of them; that method is
 * one of these fed at once.
 *
 * <p>Where the text begins decides about the space that encoding puts in front of every text: at
 * the begin it is taken off again, in the middle of something it is a space like any other. Not
 * thread-safe; one per stream.
 */
public final class StreamingDetokenizer {
  private final Tokenizer tokenizer;

  /** At most one incomplete character. */
  private final byte[] pending = new byte[4];

  private int pendingSize;

  /** How many of the pending bytes belong to the prompt. */
  private int pendingOfPrompt;

  private boolean atBegin;
  private boolean anyText;
  private boolean dummySpaceSeen;

  private StreamingDetokenizer(Tokenizer tokenizer, boolean atBegin) {
    this.tokenizer = tokenizer;
    this.atBegin = atBegin;
  }

  /** For ids that are a text of their own, such as the answer of a chat. */
  public static StreamingDetokenizer ofWholeText(Tokenizer tokenizer) {
    return new StreamingDetokenizer(tokenizer, true);
  }

  /**
   * For ids that go on where a prompt ended: the text is what decoding prompt and ids together adds
   * to decoding the prompt alone. A character whose first bytes the prompt holds and whose last
   * ones follow is returned whole.
   *
   * @throws IndexOutOfBoundsException if an id is negative
   */
  public static StreamingDetokenizer continuing(Tokenizer tokenizer, int[] promptIds) {
    StreamingDetokenizer detokenizer = new StreamingDetokenizer(tokenizer, true);
    for (int id : promptIds) {
      detokenizer.feed(id);
    }
    detokenizer.pendingOfPrompt = detokenizer.pendingSize;
    return detokenizer;
  }

  /**
   * For ids that fill a gap: no space is taken off, because the text before the gap has its own.
   */
  public static StreamingDetokenizer fillingIn(Tokenizer tokenizer) {
    return new StreamingDetokenizer(tokenizer, false);
  }

  /**
   * Takes the next id and returns the text that is now certain, often one word, sometimes nothing.
   * An id past the last piece has no text.
   *
   * @throws IndexOutOfBoundsException if the id is negative
   */
  public String feed(int id) {
    int value = tokenizer.byteValue(id);
    if (value >= 0) {
      pending[pendingSize++] = (byte) value;
      return settle(false);
    }
    String bytes = settle(true);
    if (dummySpaceSeen || anyText) {
      atBegin = false;
    }
    String surface = tokenizer.surface(id);
    dummySpaceSeen = atBegin && tokenizer.beginsWithSpaceMark(id);
    if (dummySpaceSeen) {
      surface = surface.substring(1);
    }
    anyText |= !surface.isEmpty();
    return bytes.isEmpty() ? surface : bytes.concat(surface);
  }

  /** Ends the stream: what is still held back is no character and becomes U+FFFD, byte by byte. */
  public String finish() {
    return settle(true);
  }

  /** Whether bytes are held back. */
  public boolean isHoldingBack() {
    return pendingSize > 0;
  }

  /** Turns pending bytes into text as far as they are certain, or all of them at the end. */
  private String settle(boolean end) {
    if (pendingSize == 0) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < pendingSize) {
      int codePoint = Utf8.characterAt(pending, at, pendingSize);
      if (codePoint == Utf8.INCOMPLETE && !end) {
        break;
      }
      int length = codePoint < 0 ? 1 : Utf8.length(codePoint);
      if (length > pendingOfPrompt) {
        text.appendCodePoint(codePoint < 0 ? Utf8.REPLACEMENT : codePoint);
      }
      pendingOfPrompt = Math.max(0, pendingOfPrompt - length);
      at += length;
    }
    System.arraycopy(pending, at, pending, 0, pendingSize - at);
    pendingSize -= at;
    anyText |= at > 0;
    return text.toString();
  }
}
