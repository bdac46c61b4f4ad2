package io.carovana.model.prompt;

import io.carovana.model.tokenizer.Tokenizer;
import java.util.List;

/** How a chat becomes a prompt. Which format a model knows is read from its vocabulary. */
public sealed interface ChatPrompt permits InstructPrompt, StepPrompt {
  /**
   * The prompt for the next answer of the assistant.
   *
   * @throws PromptException naming the message that is not as it should be
   */
  EncodedPrompt encode(List<ChatMessage> messages);

  /**
   * The format for a vocabulary: one that has the piece {@code <step>} belongs to a model tuned on
   * turns with source and destination, every other gets {@code [INST]}. The reference chooses by
   * the same sign; names and the templates inside model files play no part.
   */
  static ChatPrompt of(Tokenizer tokenizer) {
    return tokenizer.stepId().isPresent()
        ? new StepPrompt(tokenizer, tokenizer.stepId().getAsInt())
        : new InstructPrompt(tokenizer);
  }
}
