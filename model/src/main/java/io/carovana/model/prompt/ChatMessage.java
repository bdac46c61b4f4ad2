package io.carovana.model.prompt;

/**
 * One message of a chat, as the client sent it.
 *
 * @param role {@code system}, {@code user} or {@code assistant}; anything else is refused later
 * @param content its text
 */
public record ChatMessage(String role, String content) {
  static final String SYSTEM = "system";
  static final String USER = "user";
  static final String ASSISTANT = "assistant";
}
