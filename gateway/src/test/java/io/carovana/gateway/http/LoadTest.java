package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LoadTest {
  private static final int CLIENTS = 200;

  private final TestGateway gateway = new TestGateway();
  private final ExecutorService engineThreads = Executors.newFixedThreadPool(4);

  @AfterEach
  void close() {
    engineThreads.shutdownNow();
    gateway.close();
  }

  @Test
  void twoHundredClientsGetTheirOwnAnswers() {
    gateway.engine.script =
        call ->
            engineThreads.execute(
                () -> {
                  call.read(1, 2, 0, 0);
                  call.say("seed " + call.request.sampling().getSeed());
                  call.stop();
                });
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      String body = "{\"prompt\": \"a\", \"seed\": %d, \"stream\": %b}".formatted(i, i % 2 == 1);
      answers.add(
          gateway.client.sendAsync(
              gateway
                  .request("/v1/completions")
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString()));
    }
    for (int i = 0; i < CLIENTS; i++) {
      HttpResponse<String> answer = answers.get(i).join();
      assertThat(answer.statusCode()).isEqualTo(200);
      StringBuilder text = new StringBuilder();
      if (i % 2 == 1) {
        TestGateway.events(answer)
            .forEach(event -> text.append(event.at("/choices/0/text").textValue()));
      } else {
        text.append(json(answer).at("/choices/0/text").textValue());
      }
      assertThat(text.toString()).isEqualTo("seed " + i);
    }
    await()
        .until(
            () ->
                gateway
                    .get("/metrics")
                    .body()
                    .contains("requests_total{api=\"completions\",outcome=\"ok\"} 200.0"));
  }
}
