package io.carovana.gateway.generation;

import io.carovana.gateway.engine.EngineRequest;
import io.carovana.gateway.engine.Speed;
import io.carovana.gateway.request.Parameters;
import io.carovana.gateway.request.RefusedException;
import io.carovana.gateway.text.ModelText;
import io.carovana.gateway.text.StopSet;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * From encoded prompts and parameters to the engine's requests: every prompt times every choice,
 * each within the context. Choices of one prompt differ by their number only, so an answer does not
 * depend on the other prompts of its request.
 *
 * @param text the model's tokenizer
 * @param cluster with its context, its pace and the room in its queue: every choice is a request
 *     there, and waits before it runs
 * @param limitMs longest run of a request that is not streamed, ms
 * @param client whose requests they are
 */
public record JobPlanner(ModelText text, ClusterState cluster, long limitMs, String client) {

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
                parameters.stream() ? EngineRequest.NO_LIMIT : limitMs,
                client,
                parameters.priority());
        choices.add(
            new Job.Choice(
                i, request, prompt.encoded().detokenizer(text.tokenizer()), prompt.echo()));
      }
    }
    RunForecast forecast =
        RunForecast.of(
            Speed.of(cluster.getPace()),
            prompts.stream().map(prompt -> prompt.encoded().ids().length).toList(),
            Objects.requireNonNullElse(parameters.maxTokens(), 0));
    return new Job(id, choices, new StopSet(parameters.stops()), promptTokens, forecast);
  }

  private void checkQueue(int choices) throws RefusedException {
    int maxQueue = cluster.getMaxQueue();
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
    int room = cluster.getContext() - length;
    Integer asked = parameters.maxTokens();
    if (room < 1 || (asked != null && asked > room)) {
      throw new RefusedException(tooLong(prompt.field(), length, asked));
    }
    return asked == null ? Math.min(room, defaultTokens) : asked;
  }

  private Failure tooLong(String field, int length, @Nullable Integer asked) {
    int context = cluster.getContext();
    String size = field + " has " + length + " tokens";
    if (asked != null) {
      size += " and max_tokens is " + asked + ", together " + ((long) length + asked);
    }
    List<String> fitting = new ArrayList<>();
    if (length < context) {
      fitting.add("after this prompt a max_tokens of at most " + (context - length));
    }
    if (asked != null && asked < context) {
      fitting.add("with this max_tokens a prompt of at most " + (context - asked) + " tokens");
    }
    if (fitting.isEmpty()) {
      fitting.add("a prompt of at most " + (context - 1) + " tokens");
    }
    return new Failure.ContextExceeded(
        length >= context ? field : "max_tokens",
        "%s; the context is %d tokens, prompt and answer together. What fits: %s"
            .formatted(size, context, String.join(", or ", fitting)));
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
