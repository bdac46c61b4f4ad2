package io.carovana.model.prompt;

import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.model.tokenizer.Tokenizer;

/**
 * A prompt ready for the model.
 *
 * @param ids the prompt, bos included where it was made from text
 * @param stopIds ids that end generation and are not shown
 * @param answer how the text of the answer begins
 */
@SuppressWarnings("ArrayRecordComponent") // made once, never compared
public record EncodedPrompt(int[] ids, int[] stopIds, Answer answer) {
  /** Where the answer stands, which decides about the space at its begin. */
  public enum Answer {
    /** It goes on where the prompt ends. */
    CONTINUATION,
    /** It fills the gap between a prefix and a suffix. */
    INFILL,
    /** It is a text of its own. */
    MESSAGE
  }

  static EncodedPrompt of(Tokenizer tokenizer, int[] ids, Answer answer) {
    return new EncodedPrompt(ids, stopIds(tokenizer), answer);
  }

  /** Turns the ids of the answer into its text. */
  public StreamingDetokenizer detokenizer(Tokenizer tokenizer) {
    return switch (answer) {
      case CONTINUATION -> StreamingDetokenizer.continuing(tokenizer, ids);
      case INFILL -> StreamingDetokenizer.fillingIn(tokenizer);
      case MESSAGE -> StreamingDetokenizer.ofWholeText(tokenizer);
    };
  }

  /**
   * Everything with which a model says that it is done. A model says it in its own way whatever it
   * was asked (converted checkpoints end an infill with EOT, eos, or both), so all of them always
   * count.
   */
  private static int[] stopIds(Tokenizer tokenizer) {
    IdBuffer stops = new IdBuffer().add(tokenizer.eosId());
    tokenizer.infilling().ifPresent(infill -> stops.add(infill.endOfText()));
    tokenizer.stepId().ifPresent(stops::add);
    return stops.toArray();
  }
}
