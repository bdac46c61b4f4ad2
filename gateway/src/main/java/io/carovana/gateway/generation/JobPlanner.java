package io.carovana.gateway.generation;

import io.carovana.gateway.engine.EngineRequest;
import io.carovana.gateway.request.Parameters;
import io.carovana.gateway.request.RefusedException;
import io.carovana.gateway.text.ModelText;
import io.carovana.gateway.text.StopSet;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From encoded prompts and parameters to the engine's requests: every prompt times every choice,
 * each within the context. Choices of one prompt differ by their number only, so an answer does not
 * depend on the other prompts of its request.
 *
 * @param text the model's tokenizer
 * @param context longest sequence, tokens
 * @param maxQueue most requests that wait at once; every choice is one, and waits before it runs
 * @param limitMs longest run of a request, ms
 * @param client whose requests they are
 */
public record JobPlanner(ModelText text, int context, int maxQueue, long limitMs, String client) {

  /**
   * A prompt and what the answer repeats of it.
   *
   * @param field of the request it came from
   */
  public record Prompt(String field, EncodedPrompt encoded, Echo echo) {}

  /**
   * Makes the job.
   *
   * @param defaultTokens most tokens where the request does not say; what the context leaves counts
   *     if it is less
   * @param sampling everything but the choice's number
   */
  public Job plan(
      String id,
      List<Prompt> prompts,
      Parameters parameters,
      int defaultTokens,
      SamplingParams sampling)
      throws RefusedException {
    checkQueue(prompts.size() * parameters.n());
    List<Job.Choice> choices = new ArrayList<>();
    int promptTokens = 0;
    for (int i = 0; i < prompts.size(); i++) {
      Prompt prompt = prompts.get(i);
      int maxTokens = maxTokens(prompt, parameters, defaultTokens);
      checkIds(prompt);
      promptTokens += prompt.encoded().ids().length;
      for (int choice = 0; choice < parameters.n(); choice++) {
        EngineRequest request =
            new EngineRequest(
                id + "-" + choices.size(),
                prompt.encoded().ids(),
                sampling.toBuilder().setChoice(choice).build(),
                maxTokens,
                Arrays.stream(prompt.encoded().stopIds()).boxed().toList(),
                limitMs,
                client,
                parameters.priority());
        choices.add(
            new Job.Choice(
                i, request, prompt.encoded().detokenizer(text.tokenizer()), prompt.echo()));
      }
    }
    return new Job(id, choices, new StopSet(parameters.stops()), promptTokens);
  }

  private void checkQueue(int choices) throws RefusedException {
    if (choices > maxQueue) {
      throw new RefusedException(
          new Failure.InvalidRequest(
              "n",
              "n times the number of prompts is %d; this server queues at most %d requests"
                  .formatted(choices, maxQueue)));
    }
  }

  private int maxTokens(Prompt prompt, Parameters parameters, int defaultTokens)
      throws RefusedException {
    int length = prompt.encoded().ids().length;
    int room = context - length;
    if (room < 1) {
      throw new RefusedException(
          new Failure.ContextExceeded(
              prompt.field(),
              prompt.field()
                  + " has "
                  + length
                  + " tokens; the context is "
                  + context
                  + " tokens, prompt and answer together"));
    }
    Integer asked = parameters.maxTokens();
    if (asked == null) {
      return Math.min(room, defaultTokens);
    }
    if (asked > room) {
      throw new RefusedException(
          new Failure.ContextExceeded(
              "max_tokens",
              "max_tokens "
                  + asked
                  + " after a prompt of "
                  + length
                  + " tokens exceeds the context of "
                  + context
                  + " tokens; at most "
                  + room
                  + " are possible"));
    }
    return asked;
  }

  private void checkIds(Prompt prompt) throws RefusedException {
    int[] ids = prompt.encoded().ids();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= text.vocabSize()) {
        throw RefusedException.field(
            prompt.field(),
            prompt.field() + " holds token " + ids[i] + ", which this model does not have");
      }
    }
  }
}
