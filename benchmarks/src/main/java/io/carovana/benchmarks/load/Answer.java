package io.carovana.benchmarks.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * One streamed answer, read as it arrives: {@link #ended} completes when it is whole, and fails
 * with any other end.
 */
final class Answer
    implements HttpResponse.BodyHandler<Answer>,
        HttpResponse.BodySubscriber<Answer>,
        Flow.Subscriber<List<ByteBuffer>> {
  private static final int OK = 200;
  private static final String DATA = "data: ";

  /** Hears what comes. */
  interface Listener {
    /** One read brought {@code events} pieces of text, one or more. */
    void text(long atNs, int events);
  }

  final CompletableFuture<Answer> ended = new CompletableFuture<>();
  private final ObjectMapper json;
  private final Listener listener;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private Flow.@Nullable Subscription subscription;
  private int status;
  private String lastLine = "";
  private volatile boolean hungUp;
  private int promptTokens;
  private int completionTokens;

  Answer(ObjectMapper json, Listener listener) {
    this.json = json;
    this.listener = listener;
  }

  /** As the usage said that came last. */
  int promptTokens() {
    return promptTokens;
  }

  int completionTokens() {
    return completionTokens;
  }

  /** Goes away in the middle of it. */
  void hangUp() {
    hungUp = true;
    Flow.Subscription current = subscription;
    if (current != null) {
      current.cancel();
    }
  }

  @Override
  public HttpResponse.BodySubscriber<Answer> apply(HttpResponse.ResponseInfo head) {
    status = head.statusCode();
    return this;
  }

  @Override
  public CompletableFuture<Answer> getBody() {
    return ended;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    this.subscription = subscription;
    subscription.request(Long.MAX_VALUE);
    if (hungUp) {
      subscription.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> read) {
    long now = System.nanoTime();
    int events = 0;
    for (ByteBuffer bytes : read) {
      while (bytes.hasRemaining()) {
        byte one = bytes.get();
        if (one == '\n') {
          events += takeLine() ? 1 : 0;
        } else {
          line.write(one);
        }
      }
    }
    if (events > 0) {
      listener.text(now, events);
    }
  }

  /** Whether the line was an event with text. */
  private boolean takeLine() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (!text.isEmpty()) {
      lastLine = text;
    }
    if (!text.startsWith(DATA + "{")) {
      return false;
    }
    try {
      JsonNode event = json.readTree(text.substring(DATA.length()));
      JsonNode usage = event.path("usage");
      if (usage.isObject()) {
        promptTokens = usage.path("prompt_tokens").asInt();
        completionTokens = usage.path("completion_tokens").asInt();
      }
      return !event.path("choices").path(0).path("text").asText().isEmpty();
    } catch (IOException e) {
      onError(e);
      return false;
    }
  }

  @Override
  public void onError(Throwable failure) {
    ended.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    if (status == OK && lastLine.equals(DATA + "[DONE]")) {
      ended.complete(this);
    } else {
      String rest = line.toString(StandardCharsets.UTF_8);
      onError(new IOException("status " + status + ", ended with " + lastLine + rest));
    }
  }
}
