package io.carovana.gateway.request;

import io.carovana.gateway.request.Fields.IntRule;
import io.carovana.gateway.request.Fields.NumberRule;
import io.carovana.protocol.v1.Priority;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What completions and chats have in common.
 *
 * @param n choices per prompt
 * @param maxTokens most tokens to generate; null where the request does not say
 * @param temperature 0 for the most likely token; 1 when absent, as OpenAI has it
 * @param topP share of probability that sampling keeps; 1 when absent
 * @param seed of the sampler; null to have one drawn
 * @param stops texts that end a choice and are not part of it
 * @param stream whether to answer token by token
 * @param includeUsage whether a stream ends with a usage chunk
 * @param priority extension {@code priority}: whose turn it is when not all can run
 * @param logitsDigest extension {@code return_logits_digest}: SHA-256 of the logits in each choice
 */
public record Parameters(
    int n,
    @Nullable Integer maxTokens,
    float temperature,
    float topP,
    @Nullable Long seed,
    List<String> stops,
    boolean stream,
    boolean includeUsage,
    Priority priority,
    boolean logitsDigest) {

  private static final IntRule N = new IntRule("n", 1, Limits.N);
  private static final IntRule MAX_TOKENS = new IntRule("max_tokens", 1, Integer.MAX_VALUE);
  private static final IntRule MAX_COMPLETION_TOKENS =
      new IntRule("max_completion_tokens", 1, Integer.MAX_VALUE);
  private static final NumberRule TEMPERATURE = new NumberRule("temperature", 0, 2);
  private static final NumberRule TOP_P = new NumberRule("top_p", 0, 1);

  static Parameters read(Fields fields) throws RefusedException {
    UnsupportedFields.check(fields);
    int n = fields.integer(N, 1);
    checkBestOf(fields, n);
    Integer maxTokens = fields.integer(MAX_TOKENS);
    Integer maxCompletionTokens = fields.integer(MAX_COMPLETION_TOKENS);
    fields.text("model");
    fields.text("user");
    Fields streamOptions = fields.object("stream_options");
    return new Parameters(
        n,
        maxCompletionTokens == null ? maxTokens : maxCompletionTokens,
        fields.number(TEMPERATURE, 1f),
        fields.number(TOP_P, 1f),
        fields.int64("seed"),
        stops(fields),
        fields.flag("stream"),
        streamOptions != null && streamOptions.flag("include_usage"),
        Turn.read(fields),
        fields.flag("return_logits_digest"));
  }

  private static void checkBestOf(Fields fields, int n) throws RefusedException {
    if (fields.integer(new IntRule("best_of", 1, Integer.MAX_VALUE), n) != n) {
      throw fields.refuse("best_of", "is supported only when it equals n (" + n + ")");
    }
  }

  private static List<String> stops(Fields fields) throws RefusedException {
    List<String> stops = fields.texts("stop", Limits.STOPS);
    for (int i = 0; i < stops.size(); i++) {
      int length = stops.get(i).length();
      if (length == 0 || length > Limits.STOP_CHARS) {
        throw fields.refuse(
            "stop[" + i + "]",
            "has " + length + " characters; it must have 1 to " + Limits.STOP_CHARS);
      }
    }
    return stops;
  }
}
