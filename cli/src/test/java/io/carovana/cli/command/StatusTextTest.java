package io.carovana.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusTextTest {
  static final String BUSY =
      """
      {"serving": true, "ready": true, "reason": null, "epoch": 3,
       "model": {"name": "demo", "digest": "00112233445566778899", "numerics_id": "n1",
                 "context": 100000},
       "requests": {"queued": 1, "running": 2, "max_queue": 128, "live": [
         {"id": "cmpl-0123456789abcdef01234567-0", "client": "key-01234567", "priority": "batch",
          "state": "prefill", "prompt_tokens": 100000, "prompt_tokens_read": 34816,
          "prompt_tokens_cached": 4096, "prompt_left_ms": 12300, "completion_tokens": 0},
         {"id": "short", "client": "2001:db8:aaaa:bbbb::7", "priority": "interactive",
          "state": "decode", "prompt_tokens": 50, "prompt_tokens_read": 50,
          "prompt_tokens_cached": 0, "prompt_left_ms": 0, "completion_tokens": 12},
         {"id": "last", "client": "local", "priority": "interactive", "state": "queued",
          "prompt_tokens": 40, "prompt_tokens_read": 0, "prompt_tokens_cached": 0,
          "prompt_left_ms": null, "completion_tokens": 0}]},
       "kv_pages": {"total": 512, "used": 120, "free": 392, "cached": 40, "page_bytes": 524288,
                    "total_bytes": 268435456, "used_bytes": 62914560, "free_bytes": 205520896,
                    "cached_bytes": 20971520},
       "prefix_cache": {"prompt_tokens": 20000, "prompt_tokens_cached": 12400, "hit_rate": 0.62},
       "guesses": {"tokens_guessed": 200, "guesses_held": 90, "held_rate": 0.45},
       "pace": {"prefill_tokens_per_second_at_start": 4000.0,
                "prefill_tokens_per_second_at_context_end": 950.4, "decode_ms_per_token": 25.04},
       "counters": {"preemptions": 4},
       "nodes": [{"node": "worker-1", "role": "worker", "state": "serving",
                  "memory_bytes": 1073741824, "threads": 2}],
       "ranks": [{"rank": 0, "node": "worker-1", "state": "ready", "kernel": "avx512-vnni",
                  "compute_seconds": 1.5, "all_reduce_wait_seconds": 0.25, "steps": 77,
                  "step_p50_ms": 4.0, "step_p99_ms": 12.0, "degraded": true}],
       "loading": []}""";

  private final JsonNode busy = Json.read(BUSY);

  @Test
  void tellsWhatTheClusterDoes() {
    String rows =
        """
        http://g: serving
        model demo, digest 0011223344556677, n1, context 100000 tokens, epoch 3
        requests: 2 running, 1 queued (at most 128), 4 preempted so far
        KV pages: 120 (60.0 MiB) used, 392 (196 MiB) free, of those 40 (20.0 MiB) cached; 512 (256 MiB) in all
        prefix cache: 62 % of prompt tokens (12400 of 20000); guesses: 45 % held (90 of 200)
        pace: reads 4000 prompt tokens/s at first, 950 at the context's end, writes a token in 25.0 ms

        request                  client          priority    state      new  prompt
        cmpl-0123456789a…34567-0 key-01234567    batch       prefill      0  [######..............] 34 % of 100000 tokens, 4096 cached, 12 s left
        short                    2001:db8:aaaa:… interactive decode      12  50 tokens
        last                     local           interactive queued       0  40 tokens

        """;
    assertThat(StatusText.all("http://g", busy)).startsWith(rows);
    assertThat(StatusText.all("http://g", busy)).contains("worker-1             worker", "1.0 GiB");
    assertThat(StatusText.load("http://g", busy, 9)).startsWith(rows).doesNotContain("1.0 GiB");
    assertThat(StatusText.load("http://g", busy, 9)).contains("avx512-vnni", "12.0 ms  slow");
  }

  @Test
  void manyRequestsAreCutShort() {
    String text = StatusText.load("http://g", busy, 1);
    assertThat(text).contains("cmpl-0123456789a…34567-0", "and 2 more").doesNotContain("short");
    assertThat(StatusText.load("http://g", busy, 3)).doesNotContain("more");
    assertThat(StatusText.load("http://g", busy, 0)).doesNotContain("priority", "more");
  }

  @Test
  void saysWhatIsNotKnownYet() {
    JsonNode idle =
        Json.read(
            """
            {"ready": false, "reason": "waiting for 2 workers",
             "requests": {"queued": 0, "running": 0, "max_queue": 8, "live": []},
             "prefix_cache": {"hit_rate": null}, "guesses": {"held_rate": null},
             "pace": {"prefill_tokens_per_second_at_start": null, "decode_ms_per_token": null}}""");
    List<String> lines = StatusText.all("http://g", idle).lines().toList();
    assertThat(lines)
        .contains(
            "http://g: not serving: waiting for 2 workers",
            "prefix cache: nothing read yet; guesses: none yet",
            "pace: reading not measured yet, writing not measured yet");
    assertThat(lines).noneMatch(line -> line.startsWith("request "));
  }

  @Test
  void saysWhatIsSwitchedOff() {
    JsonNode status =
        Json.read(
            """
            {"prefix_cache": {"state": "off", "hit_rate": null},
             "guesses": {"state": "off", "held_rate": null}}""");
    assertThat(StatusText.all("http://g", status)).contains("prefix cache: off; guesses: off\n");
  }

  @Test
  void theLongestPromptTakesTwoNarrowLines() {
    JsonNode status =
        Json.read(
            """
            {"pace": {"context_seconds": 12345, "context_beside_seconds": 23456,
                      "stream_factor": 12.3, "layer_budget_ms": 123.4}}""");
    assertThat(StatusText.all("http://g", status).lines())
        .containsSequence(
            "a prompt of the whole context: about 12345 s alone, 23456 s beside streams;",
            "  streams are at most 12.3 times slower then (123.4 ms a layer)")
        .filteredOn(line -> line.contains("stream"))
        .allMatch(line -> line.length() < 80);
  }

  @Test
  void aPromptIsFullOnlyWhenItIsRead() {
    assertThat(prompt("prefill", 99_999, 100_000))
        .endsWith("[###################.] 99 % of 100000 tokens");
    assertThat(prompt("prefill", 100_000, 100_000)).endsWith("100000 tokens").doesNotContain("#");
    assertThat(prompt("prefill", 0, 100_000))
        .endsWith("[....................]  0 % of 100000 tokens");
    assertThat(prompt("decode", 3, 0)).endsWith("  0 tokens");
  }

  private static String prompt(String state, int read, int total) {
    return RequestLine.of(
        Json.read(
            "{\"state\": \"%s\", \"prompt_tokens_read\": %d, \"prompt_tokens\": %d}"
                .formatted(state, read, total)));
  }
}
