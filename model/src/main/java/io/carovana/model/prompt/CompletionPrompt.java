package io.carovana.model.prompt;

import io.carovana.model.tokenizer.Tokenizer;

/** Prompts of plain completions: text to go on with, or ids. */
public final class CompletionPrompt {
  private CompletionPrompt() {}

  /**
   * bos and the text, or the infilling prompt that the text spells. Sentinels anywhere else in it
   * are text.
   *
   * @param field the field of the request that holds the text, for the error
   * @throws PromptException.NoInfilling if the text spells an infilling prompt and the vocabulary
   *     has no sentinels
   */
  public static EncodedPrompt ofText(Tokenizer tokenizer, String text, String field) {
    return InfillText.parse(text)
        .map(infill -> infill.encode(tokenizer, field))
        .orElseGet(() -> plain(tokenizer, text));
  }

  /**
   * Ids as they are: nothing is added, every id of the vocabulary is allowed.
   *
   * @param field the field of the request that holds the ids, for the error
   * @throws PromptException if there are none, or one is not in the vocabulary
   */
  public static EncodedPrompt ofIds(Tokenizer tokenizer, int[] ids, String field) {
    if (ids.length == 0) {
      throw new PromptException(field, "must hold at least one token id");
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= tokenizer.vocabSize()) {
        throw new PromptException(
            field + "[" + i + "]",
            "token id " + ids[i] + " is not in 0 to " + (tokenizer.vocabSize() - 1));
      }
    }
    return EncodedPrompt.of(tokenizer, ids.clone(), EncodedPrompt.Answer.CONTINUATION);
  }

  private static EncodedPrompt plain(Tokenizer tokenizer, String text) {
    int[] ids = new IdBuffer().add(tokenizer.bosId()).add(tokenizer.encodeUserText(text)).toArray();
    return EncodedPrompt.of(tokenizer, ids, EncodedPrompt.Answer.CONTINUATION);
  }
}
