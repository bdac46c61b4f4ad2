package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Shapes of published models, for plans that are made before anything is downloaded: what matters
 * to memory of the {@code config.json} of each, kept as a resource. A model that is run is always
 * read from its own files.
 */
public enum PublishedShape {
  /** Code Llama 7B, multi-head. */
  CODELLAMA_7B,
  /** Code Llama 13B, multi-head. */
  CODELLAMA_13B,
  /** Code Llama 34B, grouped-query: 8 KV heads. */
  CODELLAMA_34B,
  /** Code Llama 70B, grouped-query: 8 KV heads. */
  CODELLAMA_70B;

  /** The name an operator writes, such as {@code codellama-7b}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The shape called {@code id}, or null. */
  public static @Nullable PublishedShape ofId(String id) {
    return Arrays.stream(values()).filter(shape -> shape.id().equals(id)).findFirst().orElse(null);
  }

  /** All names, smallest model first. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(PublishedShape::id).toList();
  }

  /** The shape, by the reader of all {@code config.json}. */
  public ModelConfig config() {
    String resource = "shapes/" + id() + ".json";
    try (InputStream json = PublishedShape.class.getResourceAsStream(resource)) {
      if (json == null) {
        throw new IllegalStateException(resource + " is missing beside " + PublishedShape.class);
      }
      return HfConfig.of(JsonFields.parse(json.readAllBytes(), Path.of(resource)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
