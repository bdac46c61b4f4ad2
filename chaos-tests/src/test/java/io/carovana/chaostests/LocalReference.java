package io.carovana.chaostests;

import io.carovana.model.files.ModelFiles;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.LocalGenerator;
import io.carovana.worker.local.LocalOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What {@code carovana generate} answers, in this process: one rank of one thread, no cluster,
 * nothing kept from one prompt to the next.
 */
final class LocalReference implements AutoCloseable {
  private static final Path MODEL =
      Path.of(System.getProperty("carovana.root"), "model", "demo-model");

  /** Neither a divisor of a cluster's chunks nor of a KV page. */
  private static final int CHUNK = 700;

  private final ModelFiles files = ModelFiles.open(MODEL);
  private final Tokenizer tokenizer = TokenizerLoader.load(files.tokenizer());
  private final LocalGenerator generator;

  /**
   * @param context longest sequence, tokens
   */
  LocalReference(int context) {
    generator =
        LocalGenerator.open(
            files, LocalOptions.DEFAULT.withPrefillChunk(CHUNK).withContext(context, 1));
  }

  /** An answer, as the API gives it. */
  record Answer(String text, String digest) {}

  /** The ids of a prompt. */
  int[] ids(String prompt) {
    return encode(prompt).ids();
  }

  /** The greedy completion. */
  Answer complete(String prompt, int maxTokens) {
    EncodedPrompt encoded = encode(prompt);
    GenerateResult result =
        generator.generate(
            GenerateRequest.greedy(
                encoded.ids(),
                maxTokens,
                Arrays.stream(encoded.stopIds()).boxed().collect(Collectors.toSet())));
    StreamingDetokenizer detokenizer = encoded.detokenizer(tokenizer);
    StringBuilder text = new StringBuilder();
    for (int id : result.ids()) {
      text.append(detokenizer.feed(id));
    }
    return new Answer(text.append(detokenizer.finish()).toString(), result.logitsDigest());
  }

  private EncodedPrompt encode(String prompt) {
    return CompletionPrompt.ofText(tokenizer, prompt, "prompt");
  }

  @Override
  public void close() {
    generator.close();
    files.close();
  }
}
