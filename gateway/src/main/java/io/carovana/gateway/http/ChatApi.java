package io.carovana.gateway.http;

import io.carovana.gateway.engine.EngineState;
import io.carovana.gateway.generation.Echo;
import io.carovana.gateway.generation.Job;
import io.carovana.gateway.generation.JobPlanner;
import io.carovana.gateway.request.ChatRequest;
import io.carovana.gateway.request.RefusedException;
import io.carovana.gateway.text.ModelText;
import io.carovana.model.prompt.ChatPrompt;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.protocol.v1.SamplingParams;
import java.util.List;
import java.util.Objects;

/** {@code /v1/chat/completions}: the instruct template the model's vocabulary calls for. */
final class ChatApi implements GenerationApi {
  private final ApiContext context;

  ChatApi(ApiContext context) {
    this.context = context;
  }

  @Override
  public String name() {
    return "chat";
  }

  @Override
  public Prepared prepare(byte[] body, EngineState state, String client) throws RefusedException {
    ChatRequest request = ChatRequest.parse(body);
    ModelText text = ApiContext.requireServing(state);
    EncodedPrompt encoded =
        ApiContext.encoding(() -> ChatPrompt.of(text.tokenizer()).encode(request.messages()));
    boolean logprobs = request.topLogprobs() != null;
    SamplingParams sampling =
        context
            .sampling(request.parameters())
            .setLogprobs(logprobs)
            .setTopLogprobs(Objects.requireNonNullElse(request.topLogprobs(), 0))
            .build();
    String id = RequestIds.draw("chatcmpl-");
    JobPlanner.Prompt prompt = new JobPlanner.Prompt("messages", encoded, Echo.NONE);
    Job job =
        context
            .planner(state, text, client)
            .plan(id, List.of(prompt), request.parameters(), Integer.MAX_VALUE, sampling);
    Dialect dialect = new ChatDialect(context.head(id, state), text, logprobs);
    return new Prepared(
        job, dialect, request.parameters().stream(), request.parameters().includeUsage());
  }
}
