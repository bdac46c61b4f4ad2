package io.carovana.cli.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every setting. One name everywhere: {@code prefill-chunk} is the flag {@code --prefill-chunk},
 * the variable {@code CAROVANA_PREFILL_CHUNK} and the key {@code prefill-chunk} in a file.
 */
public enum Setting {
  NAME("default", SettingType.name(), "Instance that up, down, status, top and logs mean."),
  MODEL(
      "demo",
      SettingType.text("PATH"),
      "Model: a folder (safetensors, also 4-bit GPTQ and AWQ), a GGUF file, a Hub cache folder,"
          + " org/name found in the local Hub cache, or 'demo' for the model that comes along."),
  SERVED_MODEL_NAME(
      null, SettingType.text("NAME"), "Model name clients see; the model's own if not given."),
  QUANTIZE(
      "none",
      SettingType.choice("q4", "q8", "none"),
      "Quantize a 16-bit checkpoint while loading; refused for one that is quantized."),
  KV(
      "f32",
      SettingType.choice("f32", "bf16", "q8"),
      "Precision of the KV cache: f32; bf16 for half of the memory, q8 for about a quarter, both"
          + " with slightly different answers."),
  CONTEXT(
      null,
      SettingType.integer("TOKENS", 1, 131_072),
      "Longest sequence, prompt and new tokens together; what fits if not given."),
  WORKERS("2", SettingType.integer("N", 1, 256), "Workers that up starts."),
  SPLIT(
      null,
      SettingType.ratios(),
      "Relative sizes of the tensor-parallel ranks of a stage; even if not given."),
  STAGES("1", SettingType.integer("S", 1, 256), "Pipeline stages."),
  MIN_WORKERS("1", SettingType.integer("N", 1, 256), "Workers the first placement waits for."),
  PREFILL_CHUNK("256", SettingType.integer("TOKENS", 1, 8192), "Most prompt tokens of one step."),
  MAX_SEQUENCES("8", SettingType.integer("N", 1, 1024), "Most requests running at once."),
  MAX_QUEUE("128", SettingType.integer("N", 1, 100_000), "Most requests waiting; more get 429."),
  PREFIX_CACHE(
      "on",
      SettingType.choice("on", "off"),
      "Keep finished blocks of the KV cache in its free pages, so that a prompt that begins like an"
          + " earlier one is not computed twice; answers are the same either way."),
  SPECULATION(
      "on",
      SettingType.choice("on", "off"),
      "Guess next tokens from what a request already holds and verify several at once; answers are"
          + " the same either way."),
  FENCE_AFTER_MS(
      "1000",
      SettingType.integer("MS", 200, 600_000),
      "Standstill after which a rank is taken out, ms."),
  MEMORY(
      null,
      SettingType.size(),
      "What one worker may take for weights, KV cache and workspace; its share of the free memory"
          + " if not given."),
  THREADS(
      null,
      SettingType.integer("T", 1, 1024),
      "Compute threads of each worker; its share of the processors if not given."),
  PORT("8080", SettingType.integer("PORT", 1, 65_535), "HTTP port of the gateway."),
  API_KEY(
      null, SettingType.text("KEY"), "Accepted API key. Only as CAROVANA_API_KEY or in a file."),
  API_KEY_FILE(
      null, SettingType.text("FILE"), "File of accepted API keys, one per line, # for comments."),
  MAX_BODY("4m", SettingType.size(1, 1L << 30), "Largest request body."),
  REQUEST_LIMIT_S(
      "3600",
      SettingType.integer("S", 1, 604_800),
      "Longest run of one request, seconds; a stream has it anew whenever more of its prompt has"
          + " been read."),
  NODE(null, SettingType.name(), "Name of this process in status and logs; unique in the cluster."),
  BIND("127.0.0.1", SettingType.text("ADDRESS"), "Address to listen on."),
  ADVERTISE(
      null,
      SettingType.text("ADDRESS"),
      "Address others reach this node at; that of --bind if not given."),
  CONTROL_PORT(
      null,
      SettingType.integer("PORT", 1, 65_535),
      "TCP port of the control plane; 7350 coordinator, 7360 worker, 7370 gateway if not given."),
  DATA_PORT(
      null,
      SettingType.integer("PORT", 1, 65_535),
      "UDP port of the data plane; 7351 coordinator, 7361 worker if not given."),
  SEEDS(
      null,
      SettingType.addresses(),
      "Control addresses of the coordinators; only the first forms a cluster."),
  ALLOW_INSECURE_NETWORK(
      "false",
      SettingType.bool(),
      "Allow addresses beyond loopback, where nothing is encrypted yet.");

  private final @Nullable String defaultText;
  private final SettingType type;
  private final String description;

  Setting(@Nullable String defaultText, SettingType type, String description) {
    this.defaultText = defaultText;
    this.type = type;
    this.description = description;
  }

  /** Name in files, and after {@code --}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The flag. */
  public String flag() {
    return "--" + key();
  }

  /** The environment variable. */
  public String variable() {
    return "CAROVANA_" + name();
  }

  /** Text of the default; empty when the value is worked out at start. */
  public Optional<String> defaultText() {
    return Optional.ofNullable(defaultText);
  }

  /** What it is, for the help. */
  public String description() {
    return description;
  }

  /** Placeholder of its value; empty for a switch. */
  public String label() {
    return type.label();
  }

  /** Whether its value is hidden wherever settings are shown. */
  public boolean secret() {
    return this == API_KEY;
  }

  /** Whether it is a flag at all; a secret would be seen in the list of processes. */
  public boolean hasFlag() {
    return !secret();
  }

  /** Whether the flag alone means true. */
  public boolean isSwitch() {
    return this == ALLOW_INSECURE_NETWORK;
  }

  /** Reads a value; the message of the exception says what would be valid. */
  Object parse(String text) {
    return type.parse(text);
  }

  /** The setting called {@code key} in files. */
  public static Optional<Setting> byKey(String key) {
    return Arrays.stream(values()).filter(s -> s.key().equals(key)).findFirst();
  }

  /** All keys, in order. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(Setting::key).toList();
  }
}
