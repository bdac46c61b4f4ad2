package io.carovana.cli.up;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What {@code up} says when requests are answered.
 *
 * @param name of the instance
 * @param url of the gateway
 * @param pid of the supervisor
 * @param keyNeeded whether requests need an API key
 * @param proxied whether curl would send requests for loopback to a proxy
 * @param detached whether the supervisor is in the background
 */
record Greeting(
    String name, String url, long pid, boolean keyNeeded, boolean proxied, boolean detached) {

  /** Whether the environment names a proxy and no exception for loopback. */
  static boolean proxied(Map<String, String> environment) {
    boolean proxy =
        Stream.of("http_proxy", "all_proxy", "ALL_PROXY")
            .anyMatch(key -> !environment.getOrDefault(key, "").isEmpty());
    String exceptions =
        environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
    return proxy
        && Stream.of(exceptions.split("[, ]+"))
            .noneMatch(host -> host.equals("127.0.0.1") || host.equals("*"));
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("url", url);
    json.put("pid", pid);
    json.put("curl", curl(false));
    return json;
  }

  String text() {
    String down = "carovana down" + (name.equals("default") ? "" : " --name " + name);
    return """
        Carovana answers at %s

        %s

        and token by token:

        %s

        %s
        """
        .formatted(
            url,
            curl(false),
            curl(true),
            detached ? "Stop with: " + down : "Stop with Ctrl-C, or elsewhere: " + down);
  }

  private String curl(boolean stream) {
    return "curl "
        + (proxied ? "--noproxy 127.0.0.1 " : "")
        + (stream ? "-N " : "")
        + url
        + "/v1/completions -H 'Content-Type: application/json' "
        + (keyNeeded ? "-H \"Authorization: Bearer $CAROVANA_API_KEY\" " : "")
        + "-d '{\"prompt\": \"class Point:\\n    def __init__(self, x, y):\", \"max_tokens\": 64,"
        + " \"temperature\": 0.7, \"top_p\": 0.9, \"seed\": 1"
        + (stream ? ", \"stream\": true" : "")
        + "}'";
  }
}
