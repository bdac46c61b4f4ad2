package io.carovana.gateway.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.request.Fields.IntRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/completions}, checked as far as it can be without a tokenizer.
 *
 * @param prompts at least one
 * @param suffix text after the hole to fill; null for plain completion (an empty one counts as
 *     none)
 * @param echo whether a choice begins with the prompt
 * @param logprobs most likely tokens beside each token; null for no log probabilities
 * @param parameters the rest
 */
public record CompletionRequest(
    List<Prompt> prompts,
    @Nullable String suffix,
    boolean echo,
    @Nullable Integer logprobs,
    Parameters parameters) {

  private static final IntRule LOGPROBS = new IntRule("logprobs", 0, Limits.COMPLETION_LOGPROBS);

  /** One prompt: text, or token ids taken as they are. */
  public sealed interface Prompt {
    /** As text. */
    record Text(String text) implements Prompt {}

    /** As token ids; not yet compared with the vocabulary. */
    record Ids(List<Integer> ids) implements Prompt {}
  }

  /** Reads and checks a body. */
  public static CompletionRequest parse(byte[] body) throws RefusedException {
    ObjectNode object = JsonBody.parse(body);
    Fields fields = new Fields(object, "");
    Parameters parameters = Parameters.read(fields);
    List<Prompt> prompts = prompts(fields);
    if (prompts.size() * parameters.n() > Limits.CHOICES) {
      throw fields.refuse("n", "times the number of prompts must be at most " + Limits.CHOICES);
    }
    String suffix = fields.text("suffix");
    if (suffix != null && suffix.isEmpty()) {
      suffix = null;
    }
    boolean echo = fields.flag("echo");
    Integer logprobs = fields.integer(LOGPROBS);
    if (suffix != null) {
      checkSuffix(fields, prompts, echo);
    }
    return new CompletionRequest(prompts, suffix, echo, logprobs, parameters);
  }

  private static void checkSuffix(Fields fields, List<Prompt> prompts, boolean echo)
      throws RefusedException {
    if (echo) {
      throw fields.refuse("echo", "cannot be combined with suffix");
    }
    for (Prompt prompt : prompts) {
      if (prompt instanceof Prompt.Ids) {
        throw fields.refuse("suffix", "needs prompts of text, not of token ids");
      }
    }
  }

  private static List<Prompt> prompts(Fields fields) throws RefusedException {
    JsonNode node = fields.get("prompt");
    if (node == null) {
      throw fields.refuse("prompt", "is required");
    }
    if (node.isTextual()) {
      return List.of(new Prompt.Text(node.textValue()));
    }
    if (!node.isArray() || node.isEmpty()) {
      throw fields.refuse(
          "prompt", "must be a string, a list of strings, of token ids, or of lists of token ids");
    }
    if (node.get(0).isNumber()) {
      return List.of(ids(fields, "prompt", node));
    }
    if (node.size() > Limits.PROMPTS) {
      throw fields.refuse(
          "prompt", "has " + node.size() + " entries; the limit is " + Limits.PROMPTS);
    }
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      prompts.add(element(fields, "prompt[" + i + "]", node.get(i), node.get(0).isTextual()));
    }
    return List.copyOf(prompts);
  }

  private static Prompt element(Fields fields, String name, JsonNode node, boolean asText)
      throws RefusedException {
    if (asText && node.isTextual()) {
      return new Prompt.Text(node.textValue());
    }
    if (!asText && node.isArray()) {
      return ids(fields, name, node);
    }
    throw fields.refuse(name, "must be a " + (asText ? "string" : "list of token ids"));
  }

  private static Prompt ids(Fields fields, String name, JsonNode node) throws RefusedException {
    if (node.isEmpty()) {
      throw fields.refuse(name, "must not be empty");
    }
    List<Integer> ids = new ArrayList<>(node.size());
    for (JsonNode child : node) {
      Long id = Fields.whole(child);
      if (id == null || id < 0 || id > Integer.MAX_VALUE) {
        throw fields.refuse(name + "[" + ids.size() + "]", "must be a token id");
      }
      ids.add(id.intValue());
    }
    return new Prompt.Ids(List.copyOf(ids));
  }
}
