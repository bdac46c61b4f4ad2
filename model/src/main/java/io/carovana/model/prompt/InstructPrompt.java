package io.carovana.model.prompt;

import io.carovana.model.tokenizer.Tokenizer;
import java.util.List;

/**
 * The chat format of the 7B, 13B and 34B Instruct models. A finished turn is {@code bos + "[INST]
 * {user} [/INST] {answer} " + eos}, the open one {@code bos + "[INST] {user} [/INST]"}; each is
 * encoded by itself. The system message is folded into the first user message before that is
 * stripped.
 */
public final class InstructPrompt implements ChatPrompt {
  private static final List<String> MARKS = List.of("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>");

  private final Tokenizer tokenizer;

  InstructPrompt(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public EncodedPrompt encode(List<ChatMessage> messages) {
    Dialog dialog = Dialog.check(messages, MARKS);
    List<String> turns = dialog.turns();
    IdBuffer ids = new IdBuffer();
    for (int i = 0; i < turns.size(); i += 2) {
      String question = "[INST] " + Dialog.strip(userText(dialog, i)) + " [/INST]";
      ids.add(tokenizer.bosId());
      if (i + 1 < turns.size()) {
        String turn = question + " " + Dialog.strip(turns.get(i + 1)) + " ";
        ids.add(tokenizer.encodeUserText(turn)).add(tokenizer.eosId());
      } else {
        ids.add(tokenizer.encodeUserText(question));
      }
    }
    return EncodedPrompt.of(tokenizer, ids.toArray(), EncodedPrompt.Answer.MESSAGE);
  }

  private static String userText(Dialog dialog, int turn) {
    String text = dialog.turns().get(turn);
    return turn == 0 && dialog.system().isPresent()
        ? "<<SYS>>\n" + dialog.system().get() + "\n<</SYS>>\n\n" + text
        : text;
  }
}
