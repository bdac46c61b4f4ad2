package io.carovana.gateway.http;

import static io.carovana.gateway.http.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.gateway.engine.EngineState;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Counters;
import io.carovana.protocol.v1.IntRange;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.NodeStatus;
import io.carovana.protocol.v1.RankStatus;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StatusRoutesTest {
  private final TestGateway gateway = new TestGateway(TestGateway.LIMITS, List.of(), "my/model");
  private final FakeEngine engine = gateway.engine;

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void healthTellsWhetherRealTokensCome() {
    HttpResponse<String> ok = gateway.get("/health");
    assertThat(ok.statusCode()).isEqualTo(200);
    assertThat(json(ok).get("status").textValue()).isEqualTo("ok");
    engine.state =
        new EngineState(
            FakeEngine.cluster().setLastTokenAgeMs(-1).setSelfTestPassed(false).build(),
            0,
            null,
            FakeEngine.TEXT);
    HttpResponse<String> unproved = gateway.get("/health");
    assertThat(unproved.statusCode()).isEqualTo(503);
    assertThat(json(unproved).get("error").get("message").textValue()).contains("epoch 7");
    assertThat(gateway.get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void healthAnswersHeadToo() {
    HttpRequest head =
        gateway.request("/health").method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
    assertThat(gateway.send(head).statusCode()).isEqualTo(200);
  }

  @Test
  void modelsNameTheServedModelAndItsContext() {
    JsonNode entry = json(gateway.get("/v1/models")).get("data").get(0);
    assertThat(entry.get("id").textValue()).isEqualTo("my/model");
    assertThat(entry.get("object").textValue()).isEqualTo("model");
    assertThat(entry.get("max_model_len").intValue()).isEqualTo(FakeEngine.CONTEXT);
    assertThat(json(gateway.get("/v1/models/my/model"))).isEqualTo(entry);
    assertThat(json(gateway.get("/v1/models/my%2Fmodel"))).isEqualTo(entry);
    assertThat(gateway.get("/v1/models/other").statusCode()).isEqualTo(404);
  }

  @Test
  void anUnknownModelIsAcceptedAndOursEchoed() {
    engine.answering("x");
    JsonNode root = json(gateway.complete("{\"prompt\": \"a\", \"model\": \"gpt-9\"}"));
    assertThat(root.get("model").textValue()).isEqualTo("my/model");
  }

  @Test
  void requestIdsOfClientsAreKeptWhereTheyAreSane() {
    assertThat(requestId("trace-1:a.b_C")).isEqualTo("trace-1:a.b_C");
    assertThat(requestId("has space")).startsWith("req-");
    assertThat(requestId("x".repeat(129))).startsWith("req-");
  }

  @Test
  void noOtherOriginIsInvited() {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request("/v1/completions")
                .header("Origin", "https://example.org")
                .header("Access-Control-Request-Method", "POST")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .build());
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().map().keySet())
        .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
  }

  @Test
  void statusTellsEverythingThatIsKnown() {
    engine.state = new EngineState(busy(), 20, null, FakeEngine.TEXT);
    JsonNode root = json(gateway.get("/admin/v1/status"));
    assertThat(root.get("serving").booleanValue()).isTrue();
    assertThat(root.get("ready").booleanValue()).isTrue();
    assertThat(root.get("reason").isNull()).isTrue();
    assertThat(root.get("epoch").intValue()).isEqualTo(7);
    assertThat(root.get("model").get("name").textValue()).isEqualTo("my/model");
    assertThat(root.get("model").get("digest").textValue()).isEqualTo(FakeEngine.DIGEST);
    assertThat(root.get("requests"))
        .isEqualTo(json("{\"queued\":2,\"running\":3,\"max_queue\":8}"));
    assertThat(root.get("kv_pages")).isEqualTo(json("{\"free\":5,\"total\":9}"));
    assertThat(root.get("nodes").get(0).get("state").textValue()).isEqualTo("reserve");
    JsonNode rank = root.get("ranks").get(0);
    assertThat(rank.get("compute_seconds").doubleValue()).isEqualTo(1.5);
    assertThat(rank.get("all_reduce_wait_seconds").doubleValue()).isEqualTo(0.25);
    assertThat(rank.get("step_p99_ms").doubleValue()).isEqualTo(12.0);
    assertThat(rank.get("kernel").textValue()).isEqualTo("vector-512");
    assertThat(root.get("counters").get("tokens_generated").intValue()).isEqualTo(77);
    assertThat(root.get("loading").get(0).get("phase").textValue()).isEqualTo("reading");
    assertThat(root.has("tokenizer")).isFalse();
  }

  @Test
  void statusSaysWhyNothingIsServed() {
    engine.state = EngineState.unknown("no coordinator has answered yet");
    HttpResponse<String> response = gateway.get("/admin/v1/status");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(json(response).get("serving").booleanValue()).isFalse();
    assertThat(json(response).get("reason").textValue())
        .isEqualTo("no coordinator has answered yet");
  }

  @Test
  void placementShowsWhatEachRankHolds() {
    engine.state = new EngineState(busy(), 20, null, FakeEngine.TEXT);
    JsonNode root = json(gateway.get("/admin/v1/placement"));
    assertThat(root.get("stages").intValue()).isEqualTo(1);
    assertThat(root.get("explanation").textValue()).isEqualTo("2 ranks, as asked for");
    JsonNode rank = root.get("ranks").get(0);
    assertThat(rank.get("layers")).isEqualTo(json("{\"start\":0,\"end\":6}"));
    assertThat(rank.get("kv_groups")).isEqualTo(json("{\"start\":0,\"end\":2}"));
    assertThat(rank.get("node").textValue()).isEqualTo("node-\"1\"");
  }

  @Test
  void metricsShowRanksRequestsAndTimes() {
    engine.state = new EngineState(busy(), 20, null, FakeEngine.TEXT);
    engine.answering("x = 1");
    gateway.complete("{\"prompt\": \"a\"}");
    gateway.complete("{\"prompt\": 7}");
    HttpResponse<String> response = gateway.get("/metrics");
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    String rank = "{rank=\"0\",stage=\"0\",node=\"node-\\\"1\\\"\"} ";
    assertThat(response.body().lines().toList())
        .contains(
            "carovana_ready 1",
            "carovana_queue_size 2",
            "carovana_kv_pages_free 5",
            "carovana_rank_compute_seconds" + rank + "1.5",
            "carovana_rank_all_reduce_wait_seconds" + rank + "0.25",
            "carovana_rank_step_p50_seconds" + rank + "0.004",
            "carovana_rank_step_p99_seconds" + rank + "0.012",
            "carovana_cluster_tokens_generated_total 77",
            "carovana_requests_total{api=\"completions\",outcome=\"ok\"} 1.0",
            "carovana_requests_total{api=\"completions\",outcome=\"invalid_request\"} 1.0",
            "carovana_time_to_first_token_seconds_count 1");
    assertThat(response.body())
        .contains("kernel=\"vector-512\"", "carovana_inter_token_seconds_bucket{le=\"0.005\"}");
    assertThat(response.body().lines().filter(line -> !line.startsWith("#")))
        .allMatch(line -> line.matches("[a-zA-Z_0-9]+(\\{.*\\})? [0-9.eE+-]+(Inf|NaN)?"));
  }

  private String requestId(String sent) {
    return gateway
        .send(gateway.request("/health/live").header("x-request-id", sent).build())
        .headers()
        .firstValue("x-request-id")
        .orElseThrow();
  }

  private static ClusterState busy() {
    IntRange.Builder range = IntRange.newBuilder();
    return FakeEngine.cluster()
        .setQueued(2)
        .setRunning(3)
        .setKvPagesFree(5)
        .setKvPagesTotal(9)
        .setPlacement("2 ranks, as asked for")
        .setCounters(Counters.newBuilder().setTokensGenerated(77))
        .addRanks(
            RankStatus.newBuilder()
                .setNode("node-\"1\"")
                .setKernel("vector-512")
                .setState("ready")
                .setComputeSeconds(1.5)
                .setAllReduceWaitSeconds(0.25)
                .setStepP50Ms(4)
                .setStepP99Ms(12)
                .setLayers(range.setStart(0).setEnd(6))
                .setKvGroups(range.setStart(0).setEnd(2)))
        .addNodes(NodeStatus.newBuilder().setNode("node-2").setState("reserve"))
        .addLoading(LoadProgress.newBuilder().setNode("node-2").setPhase("reading"))
        .build();
  }
}
