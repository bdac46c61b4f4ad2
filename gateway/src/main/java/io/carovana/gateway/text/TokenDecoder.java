package io.carovana.gateway.text;

import io.carovana.model.tokenizer.StreamingDetokenizer;

/**
 * Ids of one choice to text while they arrive. A model may have more rows of logits than its
 * tokenizer has pieces; such an id has no text.
 */
public final class TokenDecoder {
  private final StreamingDetokenizer detokenizer;
  private final int pieces;

  TokenDecoder(StreamingDetokenizer detokenizer, int pieces) {
    this.detokenizer = detokenizer;
    this.pieces = pieces;
  }

  /** Takes the next id; returns the text that is now certain. */
  public String feed(int id) {
    return id < pieces ? detokenizer.feed(id) : "";
  }

  /** Ends the stream; returns what was held back. */
  public String finish() {
    return detokenizer.finish();
  }
}
