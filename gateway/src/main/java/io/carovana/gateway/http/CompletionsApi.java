package io.carovana.gateway.http;

import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.generation.Echo;
import io.carovana.gateway.generation.Job;
import io.carovana.gateway.generation.JobPlanner;
import io.carovana.gateway.request.CompletionRequest;
import io.carovana.gateway.request.CompletionRequest.Prompt;
import io.carovana.gateway.request.Limits;
import io.carovana.gateway.request.RefusedException;
import io.carovana.gateway.text.ModelText;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.model.prompt.InfillPrompt;
import io.carovana.protocol.v1.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code /v1/completions}: plain completion, and infilling where there is a suffix. */
final class CompletionsApi implements GenerationApi {
  private final ApiContext context;

  CompletionsApi(ApiContext context) {
    this.context = context;
  }

  @Override
  public String name() {
    return "completions";
  }

  @Override
  public Prepared prepare(byte[] body, EngineState state, String client) throws RefusedException {
    CompletionRequest request = CompletionRequest.parse(body);
    ModelText text = ApiContext.requireServing(state);
    List<JobPlanner.Prompt> prompts = ApiContext.encoding(() -> prompts(request, text));
    boolean logprobs = request.logprobs() != null;
    SamplingParams sampling =
        context
            .sampling(request.parameters())
            .setLogprobs(logprobs)
            .setTopLogprobs(Objects.requireNonNullElse(request.logprobs(), 0))
            .setPromptLogprobs(logprobs && request.echo())
            .build();
    String id = RequestIds.draw("cmpl-");
    Job job =
        context
            .planner(state, text, client)
            .plan(id, prompts, request.parameters(), Limits.DEFAULT_COMPLETION_TOKENS, sampling);
    Dialect dialect = new CompletionDialect(context.head(id, state), text, logprobs);
    return new Prepared(
        job, dialect, request.parameters().stream(), request.parameters().includeUsage());
  }

  private static List<JobPlanner.Prompt> prompts(CompletionRequest request, ModelText text) {
    List<JobPlanner.Prompt> prompts = new ArrayList<>();
    int count = request.prompts().size();
    for (int i = 0; i < count; i++) {
      String field = count == 1 ? "prompt" : "prompt[" + i + "]";
      prompts.add(prompt(request, text, request.prompts().get(i), field));
    }
    return prompts;
  }

  private static JobPlanner.Prompt prompt(
      CompletionRequest request, ModelText text, Prompt prompt, String field) {
    EncodedPrompt encoded =
        switch (prompt) {
          case Prompt.Text t -> encode(text, t.text(), request.suffix(), field);
          case Prompt.Ids ids ->
              CompletionPrompt.ofIds(
                  text.tokenizer(),
                  ids.ids().stream().mapToInt(Integer::intValue).toArray(),
                  field);
        };
    return new JobPlanner.Prompt(
        field, encoded, request.echo() ? echo(request, text, prompt, encoded) : Echo.NONE);
  }

  private static EncodedPrompt encode(
      ModelText text, String prompt, @Nullable String suffix, String field) {
    return suffix == null
        ? CompletionPrompt.ofText(text.tokenizer(), prompt, field)
        : InfillPrompt.of(text.tokenizer(), prompt, suffix, InfillPrompt.Order.PSM, "suffix");
  }

  private static Echo echo(
      CompletionRequest request, ModelText text, Prompt prompt, EncodedPrompt encoded) {
    int[] offsets = request.logprobs() == null ? new int[0] : text.offsets(encoded.ids());
    return switch (prompt) {
      case Prompt.Text t -> new Echo(t.text(), 1, offsets);
      case Prompt.Ids ids -> new Echo(text.tokenizer().decode(encoded.ids()), 0, offsets);
    };
  }
}
