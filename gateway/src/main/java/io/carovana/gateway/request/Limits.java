package io.carovana.gateway.request;

/** The named limits of requests; each refusal quotes its limit. */
public final class Limits {
  /** Nested arrays and objects of a body. */
  public static final int JSON_DEPTH = 64;

  /** JSON tokens of a body: room for a prompt of ids at the largest context, with much to spare. */
  public static final long JSON_TOKENS = 1_000_000;

  /** Characters of one number. */
  public static final int JSON_NUMBER_CHARS = 128;

  /** Characters of one key. */
  public static final int JSON_NAME_CHARS = 256;

  /** Stop strings of a request (editors send up to 14). */
  public static final int STOPS = 64;

  /** Characters of one stop string. */
  public static final int STOP_CHARS = 1_024;

  /** Prompts of one completion request. */
  public static final int PROMPTS = 64;

  /** Choices per prompt. */
  public static final int N = 32;

  /** Prompts times choices. */
  public static final int CHOICES = 128;

  /** Messages of a chat. */
  public static final int MESSAGES = 4_096;

  /** Most likely tokens beside each token of a completion (OpenAI's limit). */
  public static final int COMPLETION_LOGPROBS = 5;

  /** Most likely tokens beside each token of a chat answer (OpenAI's limit). */
  public static final int CHAT_TOP_LOGPROBS = 20;

  /** Tokens generated when a completion request does not say (OpenAI's default). */
  public static final int DEFAULT_COMPLETION_TOKENS = 16;

  private Limits() {}
}
