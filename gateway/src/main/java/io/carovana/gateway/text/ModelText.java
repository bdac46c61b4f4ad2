package io.carovana.gateway.text;

import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.model.tokenizer.Tokenizer;

/**
 * One model's tokenizer, as the coordinator sent it. Immutable.
 *
 * @param digest of the model it belongs to
 * @param tokenizer its tokenizer
 * @param vocabSize rows of the model's logits; not always the tokenizer's number of pieces
 */
public record ModelText(String digest, Tokenizer tokenizer, int vocabSize) {
  /**
   * Reads what came from the coordinator.
   *
   * @throws io.carovana.model.tokenizer.TokenizerException if it is malformed
   */
  public static ModelText read(String digest, byte[] modelProto, int vocabSize) {
    return new ModelText(digest, Tokenizer.fromModelProto(modelProto), vocabSize);
  }

  /** [i] → code points of the decoded ids before the i-th. */
  public int[] offsets(int[] ids) {
    StreamingDetokenizer detokenizer = StreamingDetokenizer.ofWholeText(tokenizer);
    int[] offsets = new int[ids.length];
    int points = 0;
    for (int i = 0; i < ids.length; i++) {
      offsets[i] = points;
      String text = detokenizer.feed(ids[i]);
      points += text.codePointCount(0, text.length());
    }
    return offsets;
  }
}
