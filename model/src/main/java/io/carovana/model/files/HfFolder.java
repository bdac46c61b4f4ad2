package io.carovana.model.files;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.model.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A Hugging Face folder: config.json, safetensors (one file, or shards with an index), tokenizer.
 */
final class HfFolder {
  static final String CONFIG = "config.json";
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String TOKENIZER = "tokenizer.model";

  static final int MAX_CONFIG_BYTES = 1 << 22;
  static final int MAX_INDEX_BYTES = 1 << 22;
  static final int MAX_SHARDS = 4096;
  private static final Pattern SHARD_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.safetensors");
  private static final Pattern NUMBERED_SHARD =
      Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");
  private static final Pattern PICKLE = Pattern.compile(".+\\.(bin|pth|pt)");

  private final Path folder;

  private HfFolder(Path folder) {
    this.folder = folder;
  }

  static ModelFiles open(Path folder) {
    return new HfFolder(folder).open();
  }

  private ModelFiles open() {
    Path configFile = folder.resolve(CONFIG);
    JsonFields json =
        JsonFields.parse(OpenFiles.readSmall(configFile, MAX_CONFIG_BYTES), configFile);
    ModelConfig config = HfConfig.of(json);
    Int4Format format = Int4Format.of(json);
    try (OpenFiles files = new OpenFiles()) {
      List<StoredTensor> stored = new ArrayList<>(stored(files));
      TensorNames names = TensorNames.of(config, ModelFiles.Format.HUGGING_FACE);
      List<ModelTensor> tensors =
          new ArrayList<>(Int4Tensors.take(config, names, format, folder, files::bytes, stored));
      tensors.addAll(names.identify(stored));
      return files.handOver(
          new ModelFiles.Contents(
              ModelFiles.Format.HUGGING_FACE, folder, config, tensors, this::tokenizer));
    }
  }

  private List<StoredTensor> stored(OpenFiles files) {
    Path single = folder.resolve(SINGLE);
    if (Files.exists(single, LinkOption.NOFOLLOW_LINKS)) {
      return SafetensorsHeader.parse(files.open(single), single);
    }
    if (Files.exists(folder.resolve(INDEX), LinkOption.NOFOLLOW_LINKS)) {
      return sharded(files, weightMap());
    }
    throw noWeights();
  }

  /** Reads all shards the index names, and holds index and shards against each other. */
  private List<StoredTensor> sharded(OpenFiles files, Map<String, String> weightMap) {
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (String shard : new TreeSet<>(weightMap.values())) {
      Path file = folder.resolve(shard);
      OpenFiles.requirePresent(file, INDEX);
      for (StoredTensor tensor : SafetensorsHeader.parse(files.open(file), file)) {
        if (!shard.equals(weightMap.get(tensor.name()))) {
          throw new ModelException.Malformed(
              file, tensor.name(), "the index places this tensor elsewhere");
        }
        all.put(tensor.name(), tensor);
      }
    }
    for (Map.Entry<String, String> entry : weightMap.entrySet()) {
      if (!all.containsKey(entry.getKey())) {
        throw new ModelException.Malformed(
            folder.resolve(entry.getValue()),
            entry.getKey(),
            "the index places this tensor here, but the file lacks it");
      }
    }
    return new ArrayList<>(all.values());
  }

  /** Tensor name to shard file name. */
  private Map<String, String> weightMap() {
    Path file = folder.resolve(INDEX);
    byte[] json = OpenFiles.readSmall(file, MAX_INDEX_BYTES);
    JsonNode map;
    try {
      map = CheckedJson.tree(json).path("weight_map");
    } catch (IOException e) {
      throw new ModelException.Malformed(file, null, CheckedJson.reason(e), e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new ModelException.Malformed(file, "weight_map", "is missing or empty");
    }
    Map<String, String> shards = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      if (!entry.getValue().isTextual() || !SHARD_NAME.matcher(shard).matches()) {
        throw new ModelException.Malformed(
            file, entry.getKey(), "names a shard that is not a safetensors file beside it");
      }
      shards.put(entry.getKey(), shard);
    }
    int count = new TreeSet<>(shards.values()).size();
    if (count > MAX_SHARDS) {
      throw new ModelException.Malformed(file, "weight_map", "names " + count + " shards");
    }
    return shards;
  }

  /** Why a folder with a config has no weights that can be read. */
  private ModelException noWeights() {
    Path unfinished = Downloads.unfinished(folder);
    if (unfinished != null) {
      return new ModelException.Incomplete(
          unfinished, null, "the download has not finished: " + Downloads.ADVICE);
    }
    List<String> names = FolderNames.of(folder);
    if (names.stream().anyMatch(name -> NUMBERED_SHARD.matcher(name).matches())) {
      return new ModelException.Incomplete(
          folder, INDEX, "is missing beside its shards: " + Downloads.ADVICE);
    }
    if (names.stream().anyMatch(name -> PICKLE.matcher(name).matches())) {
      return new ModelException.Unsupported(
          folder,
          null,
          "has its weights only as PyTorch pickles (.bin, .pth), which can run code when read;"
              + " download the safetensors, or save them with"
              + " `save_pretrained(folder, safe_serialization=True)`");
    }
    return new ModelException.Incomplete(
        folder, null, "has neither " + SINGLE + " nor " + INDEX + ": " + Downloads.ADVICE);
  }

  private TokenizerSource tokenizer() {
    Path file = folder.resolve(TOKENIZER);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      requireWhole(file);
      return new TokenizerSource.SentencePieceFile(file);
    }
    boolean other = Files.isRegularFile(folder.resolve("tokenizer.json"));
    throw new ModelException.Incomplete(
        folder,
        TOKENIZER,
        (other ? "is missing (tokenizer.json is not read)" : "is missing")
            + ": copy it from the original model");
  }

  /** Finds links to nothing, empty files and LFS pointers. */
  private static void requireWhole(Path file) {
    try (OpenFiles files = new OpenFiles()) {
      files.open(file);
    }
  }
}
