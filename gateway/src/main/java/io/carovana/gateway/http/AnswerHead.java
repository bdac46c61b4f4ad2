package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.generation.Sink.Usage;

/**
 * The fields every answer and chunk of one request begins with.
 *
 * @param id of the answer
 * @param created when, seconds since 1970
 * @param model name clients see
 * @param fingerprint what the answer depends on besides the request
 */
record AnswerHead(String id, long created, String model, String fingerprint) {
  ObjectNode begin(String object) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("id", id);
    root.put("object", object);
    root.put("created", created);
    root.put("model", model);
    root.put("system_fingerprint", fingerprint);
    return root;
  }

  static void putUsage(ObjectNode root, Usage usage) {
    ObjectNode node = root.putObject("usage");
    node.put("prompt_tokens", usage.prompt());
    node.put("completion_tokens", usage.completion());
    node.put("total_tokens", usage.prompt() + usage.completion());
    node.putObject("prompt_tokens_details").put("cached_tokens", usage.cached());
    node.putObject("completion_tokens_details")
        .put("accepted_prediction_tokens", usage.guesses().held())
        .put("rejected_prediction_tokens", usage.guesses().failed());
  }
}
