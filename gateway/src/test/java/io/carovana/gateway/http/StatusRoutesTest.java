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
import io.carovana.protocol.v1.Pace;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.RankStatus;
import io.carovana.protocol.v1.RequestStatus;
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
    JsonNode requests = root.get("requests");
    assertThat(requests.get("queued").intValue()).isEqualTo(2);
    assertThat(requests.get("running").intValue()).isEqualTo(3);
    assertThat(requests.get("max_queue").intValue()).isEqualTo(8);
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
  void statusTellsOfRequestsPagesAndPace() {
    engine.state = new EngineState(busy(), 20, null, FakeEngine.TEXT);
    JsonNode root = json(gateway.get("/admin/v1/status"));
    assertThat(root.at("/requests/live"))
        .isEqualTo(
            json(
                """
                [{"id": "r-0", "client": "key-1", "priority": "batch", "state": "prefill",
                  "prompt_tokens": 100, "prompt_tokens_read": 30, "prompt_tokens_cached": 16,
                  "prompt_left_ms": 7000, "completion_tokens": 0},
                 {"id": "r-1", "client": "local", "priority": "interactive", "state": "decode",
                  "prompt_tokens": 50, "prompt_tokens_read": 50, "prompt_tokens_cached": 0,
                  "prompt_left_ms": 0, "completion_tokens": 12},
                 {"id": "r-2", "client": "local", "priority": "interactive", "state": "queued",
                  "prompt_tokens": 40, "prompt_tokens_read": 0, "prompt_tokens_cached": 0,
                  "prompt_left_ms": null, "completion_tokens": 0}]"""));
    assertThat(root.get("kv_pages"))
        .isEqualTo(
            json(
                """
                {"total": 9, "used": 4, "free": 5, "cached": 3, "page_bytes": 1000,
                 "total_bytes": 9000, "used_bytes": 4000, "free_bytes": 5000,
                 "cached_bytes": 3000}"""));
    assertThat(root.at("/prefix_cache/hit_rate").doubleValue()).isEqualTo(0.25);
    assertThat(root.at("/guesses/held_rate").doubleValue()).isEqualTo(0.75);
    assertThat(root.at("/prefix_cache/state").textValue()).isEqualTo("on");
    assertThat(root.at("/guesses/state").textValue()).isEqualTo("on");
    assertThat(root.at("/pace/prefill_tokens_per_second_at_start").doubleValue()).isEqualTo(4_000);
    assertThat(root.at("/pace/prefill_tokens_per_second_at_context_end").doubleValue())
        .isEqualTo(1e6 / (250 + 0.5 * (FakeEngine.CONTEXT - 1)));
    assertThat(root.at("/pace/decode_ms_per_token").doubleValue()).isEqualTo(12.5);
    assertThat(root.at("/counters/preemptions").intValue()).isEqualTo(2);
  }

  @Test
  void whatIsSwitchedOffSaysSo() {
    engine.state =
        new EngineState(
            FakeEngine.cluster().setPrefixCacheOff(true).setGuessesOff(true).build(),
            0,
            null,
            FakeEngine.TEXT);
    JsonNode root = json(gateway.get("/admin/v1/status"));
    assertThat(root.at("/prefix_cache/state").textValue()).isEqualTo("off");
    assertThat(root.at("/guesses/state").textValue()).isEqualTo("off");
  }

  @Test
  void whatHasNotBeenMeasuredIsNull() {
    JsonNode root = json(gateway.get("/admin/v1/status"));
    for (String path :
        new String[] {
          "/prefix_cache/hit_rate",
          "/guesses/held_rate",
          "/pace/prefill_tokens_per_second_at_start",
          "/pace/prefill_tokens_per_second_at_context_end",
          "/pace/decode_ms_per_token",
        }) {
      assertThat(root.at(path).isNull()).as(path).isTrue();
    }
    assertThat(gateway.get("/metrics").body()).doesNotContain("carovana_pace");
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
            "carovana_kv_pages_cached 3",
            "carovana_kv_page_bytes 1000",
            "carovana_prompt_tokens_to_read 70",
            "carovana_pace_prompt_token_seconds 2.5E-4",
            "carovana_pace_prompt_position_seconds 5.0E-7",
            "carovana_pace_decode_seconds 0.0125",
            "carovana_cluster_prompt_tokens_cached_total 100",
            "carovana_cluster_preemptions_total 2",
            "carovana_cluster_tokens_guessed_total 40",
            "carovana_cluster_guesses_held_total 30",
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

  private static RequestStatus.Builder request(String id, String state, int done, int total) {
    return RequestStatus.newBuilder()
        .setRequestId(id)
        .setClient("local")
        .setState(state)
        .setPromptDone(done)
        .setPromptTotal(total);
  }

  private static ClusterState busy() {
    IntRange.Builder range = IntRange.newBuilder();
    return FakeEngine.cluster()
        .setQueued(2)
        .setRunning(3)
        .setKvPagesFree(5)
        .setKvPagesTotal(9)
        .setPlacement("2 ranks, as asked for")
        .setKvPagesCached(3)
        .setKvPageBytes(1_000)
        .setPace(Pace.newBuilder().setTokenUs(250).setPositionNs(500).setDecodeMs(12.5))
        .addRequests(
            request("r-0", "prefill", 30, 100)
                .setClient("key-1")
                .setPriority(Priority.BATCH)
                .setCached(16)
                .setLeftMs(7_000))
        .addRequests(request("r-1", "decode", 50, 50).setCompletionTokens(12))
        .addRequests(request("r-2", "queued", 0, 40).setLeftMs(-1))
        .setCounters(
            Counters.newBuilder()
                .setTokensGenerated(77)
                .setPromptTokens(400)
                .setPromptTokensCached(100)
                .setTokensGuessed(40)
                .setGuessesHeld(30)
                .setPreemptions(2))
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
