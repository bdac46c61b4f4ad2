package io.carovana.cli.aot;

import io.carovana.cli.instance.InstanceFolder;
import io.carovana.cli.role.RoleJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Makes caches of a whole cluster's start: a private {@code up} of the demo model with idle
 * priority answers a request and ends; what each of its JVMs has recorded becomes a cache.
 *
 * @param launcher of the processes
 * @param work folder of its own, emptied before
 * @param environment of this process
 * @param port free port for the gateway
 */
record AotTraining(Path launcher, Path work, Map<String, String> environment, int port) {
  /** How long the private cluster may take to stop, its recordings included. */
  private static final long STOP_S = 180;

  /** How long one cache may take. */
  private static final long CREATE_S = 120;

  private static final int REQUEST_TIMEOUT_MS = 60_000;
  private static final String INSTANCE = "aot";

  /** A worker's recording serves for every size of heap. */
  private static final long WORKER_BYTES = 64L << 20;

  private static final String COMPLETION =
      "{\"prompt\": \"def f(x):\", \"max_tokens\": 32, \"seed\": 1, \"stream\": true}";
  private static final String CHAT =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"add\"}], \"max_tokens\": 16, \"seed\": 1}";

  /**
   * Runs it.
   *
   * @return caches by name of the process, without those that could not be made
   */
  Map<String, Path> run() throws IOException, InterruptedException {
    if (new InstanceFolder(home(), INSTANCE).isRunning()) {
      return Map.of(); // one that was given up is still stopping
    }
    InstanceFolder.deleteTree(work);
    Files.createDirectories(work);
    record();
    Map<String, Path> made = new LinkedHashMap<>();
    create("cli", "up", "").ifPresent(cache -> made.put("cli", cache));
    for (Map.Entry<String, String> role : roles().entrySet()) {
      String name = role.getKey();
      create(name, name, role.getValue()).ifPresent(cache -> made.put(name, cache));
    }
    return made;
  }

  private Path home() {
    return work.resolve("home");
  }

  /** Options of the JVM of each role. */
  private static Map<String, String> roles() {
    return Map.of(
        "coordinator", RoleJvm.coordinatorOptions(),
        "gateway", RoleJvm.gatewayOptions(),
        "worker", RoleJvm.workerOptions(WORKER_BYTES));
  }

  private void record() throws IOException, InterruptedException {
    List<String> command =
        List.of(
            "up", "--name", INSTANCE, "--port", "" + port, "--workers", "2", "--context", "512");
    Process up = start(command, "record:" + work, "");
    try (BufferedReader out = up.inputReader();
        OutputStream life = up.getOutputStream()) {
      if (out.readLine() != null) {
        post("/v1/completions", COMPLETION);
        post("/v1/chat/completions", CHAT);
      }
      life.close(); // the end of its input ends it
      if (!up.waitFor(STOP_S, TimeUnit.SECONDS)) {
        up.descendants().forEach(ProcessHandle::destroyForcibly);
        up.destroyForcibly();
      }
    }
  }

  private void post(String path, String body) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + port + path).toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(REQUEST_TIMEOUT_MS);
    connection.setReadTimeout(REQUEST_TIMEOUT_MS);
    connection.setDoOutput(true);
    connection.setRequestProperty("Content-Type", "application/json");
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body.getBytes(StandardCharsets.UTF_8));
    }
    try (InputStream in = connection.getInputStream()) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private Optional<Path> create(String name, String command, String jvmOptions)
      throws IOException, InterruptedException {
    Optional<Path> recording = recording(name);
    if (recording.isEmpty()) {
      return Optional.empty();
    }
    Process process = start(List.of(command), "create:" + recording.get(), jvmOptions);
    process.getInputStream().transferTo(OutputStream.nullOutputStream());
    if (!process.waitFor(CREATE_S, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return Optional.empty();
    }
    Path cache = Path.of(recording.get().toString().replaceFirst("\\.conf$", ".aot"));
    return process.exitValue() == 0 && Files.exists(cache) ? Optional.of(cache) : Optional.empty();
  }

  /** The fullest recording of a kind of process; one that was cut short is empty. */
  private Optional<Path> recording(String name) throws IOException {
    try (Stream<Path> files = Files.list(work)) {
      return files
          .filter(file -> file.getFileName().toString().matches(name + "\\.[^.]+\\.conf"))
          .filter(file -> file.toFile().length() > 0)
          .max(Comparator.comparingLong(file -> file.toFile().length()));
    }
  }

  private Process start(List<String> arguments, String mode, String jvmOptions) throws IOException {
    List<String> command = new ArrayList<>(List.of("nice", "-n", "19", launcher.toString()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(work.resolve("errors").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CAROVANA_"));
    String java = environment.get("CAROVANA_JAVA_HOME");
    if (java != null) {
      builder.environment().put("CAROVANA_JAVA_HOME", java);
    }
    builder.environment().put("CAROVANA_HOME", home().toString());
    builder.environment().put("CAROVANA_ROLE_JVM_OPTIONS", jvmOptions);
    builder.environment().put(AotMode.VARIABLE, mode);
    return builder.start();
  }
}
