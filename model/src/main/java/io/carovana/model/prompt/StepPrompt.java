package io.carovana.model.prompt;

import io.carovana.model.tokenizer.Tokenizer;
import java.util.List;

/**
 * The chat format of the 70B Instruct model: each message under a header that names its source, and
 * after it {@code <step>}, as an id. Header and body are encoded by themselves. A missing system
 * message counts as an empty one; what the assistant said went to the user, as what it is asked to
 * say next does.
 */
public final class StepPrompt implements ChatPrompt {
  private static final List<String> MARKS =
      List.of("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<step>");

  private static final String ASSISTANT_HEADER = " Source: assistant\nDestination: user";
  private static final String BODY_START = "\n\n ";

  private final Tokenizer tokenizer;
  private final int stepId;

  StepPrompt(Tokenizer tokenizer, int stepId) {
    this.tokenizer = tokenizer;
    this.stepId = stepId;
  }

  @Override
  public EncodedPrompt encode(List<ChatMessage> messages) {
    Dialog dialog = Dialog.check(messages, MARKS);
    IdBuffer ids = new IdBuffer().add(tokenizer.bosId());
    add(ids, " Source: system", dialog.system().orElse(""));
    for (int i = 0; i < dialog.turns().size(); i++) {
      add(ids, i % 2 == 0 ? " Source: user" : ASSISTANT_HEADER, dialog.turns().get(i));
    }
    ids.add(tokenizer.encodeUserText(ASSISTANT_HEADER));
    ids.add(tokenizer.encodeUserText(BODY_START));
    return EncodedPrompt.of(tokenizer, ids.toArray(), EncodedPrompt.Answer.MESSAGE);
  }

  private void add(IdBuffer ids, String header, String content) {
    ids.add(tokenizer.encodeUserText(header));
    if (!content.isEmpty()) {
      ids.add(tokenizer.encodeUserText(BODY_START + Dialog.strip(content)));
    }
    ids.add(stepId);
  }
}
