package io.carovana.model.prompt;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A checked chat: perhaps a system message, then user and assistant in turn, the last one the
 * user's, and no content that imitates the marks of the format.
 *
 * @param system the system message's content, not stripped
 * @param turns contents, not stripped: user, assistant, user, …, user
 */
record Dialog(Optional<String> system, List<String> turns) {
  /**
   * @param marks what no content may hold
   * @throws PromptException naming the message that is not as it should be
   */
  static Dialog check(List<ChatMessage> messages, List<String> marks) {
    if (messages.isEmpty()) {
      throw new PromptException("messages", "must hold at least one message");
    }
    boolean hasSystem = messages.getFirst().role().equals(ChatMessage.SYSTEM);
    List<String> turns = new ArrayList<>();
    for (int i = hasSystem ? 1 : 0; i < messages.size(); i++) {
      checkRole(i, messages.get(i).role(), turns.size());
      turns.add(messages.get(i).content());
    }
    if (turns.size() % 2 == 0) {
      throw new PromptException(
          "messages[" + (messages.size() - 1) + "].role", "the last message must be the user's");
    }
    for (int i = 0; i < messages.size(); i++) {
      checkContent(i, messages.get(i).content(), marks);
    }
    return new Dialog(
        hasSystem ? Optional.of(messages.getFirst().content()) : Optional.empty(), turns);
  }

  private static void checkRole(int index, String role, int turn) {
    String expected = turn % 2 == 0 ? ChatMessage.USER : ChatMessage.ASSISTANT;
    if (!role.equals(expected)) {
      throw new PromptException(
          "messages[" + index + "].role",
          "must be \""
              + expected
              + "\": after an optional system message, user and assistant take turns");
    }
  }

  private static void checkContent(int index, String content, List<String> marks) {
    for (String mark : marks) {
      if (content.contains(mark)) {
        throw new PromptException(
            "messages[" + index + "].content", "must not hold the special tag " + mark);
      }
    }
  }

  /** Strips what the reference strips: all of Unicode's white space, non-breaking included. */
  static String strip(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) {
      from++;
    }
    while (from < to && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}
