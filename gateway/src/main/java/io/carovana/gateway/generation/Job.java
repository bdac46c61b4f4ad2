package io.carovana.gateway.generation;

import io.carovana.gateway.engine.EngineRequest;
import io.carovana.gateway.text.StopSet;
import io.carovana.model.tokenizer.StreamingDetokenizer;
import java.util.List;

/**
 * Everything one HTTP request asks of the engine.
 *
 * @param id of the answer, and the beginning of the engine's request ids
 * @param choices in the order of the answer's choices
 * @param stops compiled stop strings
 * @param promptTokens of all prompts, each counted once
 * @param forecast how long it may take
 */
public record Job(
    String id, List<Choice> choices, StopSet stops, int promptTokens, RunForecast forecast) {

  /**
   * One choice.
   *
   * @param prompt which of the request's prompts it answers, from 0
   * @param request for the engine
   * @param decoder of its tokens, at their beginning
   * @param echo what comes before the generated text
   */
  public record Choice(
      int prompt, EngineRequest request, StreamingDetokenizer decoder, Echo echo) {}
}
