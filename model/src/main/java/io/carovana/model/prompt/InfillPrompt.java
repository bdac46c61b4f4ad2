package io.carovana.model.prompt;

import io.carovana.model.tokenizer.InfillIds;
import io.carovana.model.tokenizer.Tokenizer;

/**
 * Infilling prompts as Code Llama was trained on them, put together from ids so that no text can
 * pose as a sentinel. The prefix begins a text and gets the dummy space; the suffix goes on after a
 * gap and gets none (the reference encodes "☺" in front of it and drops that again, which comes to
 * the same).
 */
public final class InfillPrompt {
  /** Which part comes first. */
  public enum Order {
    /** Prefix, suffix, middle; also right when the cursor stands inside a token. */
    PSM,
    /** Suffix, prefix, middle: prefix and middle are one text to the model. */
    SPM
  }

  private InfillPrompt() {}

  /**
   * Asks for what stands between two texts.
   *
   * @param field the field of the request that asks for infilling, for the error
   * @throws PromptException.NoInfilling if the vocabulary has no sentinels
   */
  public static EncodedPrompt of(
      Tokenizer tokenizer, String prefix, String suffix, Order order, String field) {
    return of(tokenizer, prefix, suffix, "", order, field);
  }

  /** As above; the model goes on after the begin of the middle, which is empty for {@code SPM}. */
  static EncodedPrompt of(
      Tokenizer tokenizer, String prefix, String suffix, String middle, Order order, String field) {
    InfillIds sentinels =
        tokenizer.infilling().orElseThrow(() -> new PromptException.NoInfilling(field));
    int[] prefixIds = tokenizer.encodeUserText(prefix);
    int[] suffixIds = tokenizer.encodeUserContinuation(suffix);
    IdBuffer ids = new IdBuffer().add(tokenizer.bosId(), sentinels.prefix());
    switch (order) {
      case PSM -> ids.add(prefixIds).add(sentinels.suffix()).add(suffixIds).add(sentinels.middle());
      case SPM -> ids.add(sentinels.suffix()).add(suffixIds).add(sentinels.middle()).add(prefixIds);
    }
    ids.add(tokenizer.encodeUserContinuation(middle));
    return EncodedPrompt.of(tokenizer, ids.toArray(), EncodedPrompt.Answer.INFILL);
  }
}
