package io.carovana.cli.instance;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is written down about a running instance.
 *
 * @param phase {@code starting}, {@code serving} or {@code stopping}
 * @param url of the gateway
 * @param aeronDir folder of the media driver; empty when there is none
 * @param supervisor the process that holds the others
 * @param processes the others, by name; one that died stays until it is started again
 */
public record InstanceState(
    String phase,
    String url,
    String aeronDir,
    ProcessIdentity supervisor,
    Map<String, ProcessIdentity> processes) {
  /** Phase of an instance that answers. */
  public static final String SERVING = "serving";

  /** Phase of one that is not there yet. */
  public static final String STARTING = "starting";

  /** Phase of one that is on its way out. */
  public static final String STOPPING = "stopping";

  private static final String PROCESS = "process.";

  /** Copies the map. */
  public InstanceState {
    processes = Map.copyOf(new TreeMap<>(processes));
  }

  /** The same in another phase. */
  public InstanceState withPhase(String phase) {
    return new InstanceState(phase, url, aeronDir, supervisor, processes);
  }

  /** The same with these processes. */
  public InstanceState withProcesses(Map<String, ProcessIdentity> processes) {
    return new InstanceState(phase, url, aeronDir, supervisor, processes);
  }

  Map<String, String> toMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("phase", phase);
    map.put("url", url);
    map.put("aeron-dir", aeronDir);
    map.put("supervisor", supervisor.encode());
    processes.forEach((name, identity) -> map.put(PROCESS + name, identity.encode()));
    return map;
  }

  static InstanceState of(Map<String, String> map) {
    Map<String, ProcessIdentity> processes = new TreeMap<>();
    map.forEach(
        (key, value) -> {
          if (key.startsWith(PROCESS)) {
            identity(value).ifPresent(id -> processes.put(key.substring(PROCESS.length()), id));
          }
        });
    return new InstanceState(
        map.getOrDefault("phase", STARTING),
        map.getOrDefault("url", ""),
        map.getOrDefault("aeron-dir", ""),
        identity(map.getOrDefault("supervisor", "")).orElse(new ProcessIdentity(0, "")),
        processes);
  }

  private static Optional<ProcessIdentity> identity(String text) {
    return ProcessIdentity.decode(text);
  }
}
