package io.carovana.cli.command;

import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.LocalGenerator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A generation for programs: what equality tests compare. */
final class GenerationJson {
  private GenerationJson() {}

  static Map<String, Object> of(LocalGenerator generator, GenerateResult result, String text) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("prompt_ids", result.promptIds());
    json.put("ids", result.ids());
    json.put("text", text);
    json.put("finish_reason", result.finishReason());
    List<Map<String, Object>> tokens = new ArrayList<>();
    for (GenerateResult.TokenLogprob token : result.tokens()) {
      tokens.add(token(token));
    }
    json.put("tokens", tokens);
    json.put("logits_digest", result.logitsDigest());
    Map<String, Object> timings = new LinkedHashMap<>();
    timings.put("load_s", generator.loadSeconds());
    timings.put("prefill_s", result.timings().prefillSeconds());
    timings.put("decode_s", result.timings().decodeSeconds());
    timings.put("prefill_tokens_per_s", result.timings().prefillTokensPerSecond());
    timings.put("decode_tokens_per_s", result.timings().decodeTokensPerSecond());
    json.put("timings", timings);
    json.put("kv", generator.kv().id());
    json.put("kernel", generator.kernel());
    return json;
  }

  private static Map<String, Object> token(GenerateResult.TokenLogprob token) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", token.id());
    json.put("logprob", token.logprob());
    List<Map<String, Object>> best = new ArrayList<>();
    for (int i = 0; i < token.topIds().length; i++) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("id", token.topIds()[i]);
      entry.put("logprob", token.topLogprobs()[i]);
      best.add(entry);
    }
    json.put("top_logprobs", best);
    return json;
  }
}
