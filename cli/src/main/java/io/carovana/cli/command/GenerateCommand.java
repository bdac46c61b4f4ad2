package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.config.Settings;
import io.carovana.cli.model.ModelReference;
import io.carovana.cli.role.Logging;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.prompt.CompletionPrompt;
import io.carovana.model.prompt.EncodedPrompt;
import io.carovana.model.prompt.PromptException;
import io.carovana.model.tokenizer.StreamingDetokenizer;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import io.carovana.worker.local.GenerateRequest;
import io.carovana.worker.local.GenerateResult;
import io.carovana.worker.local.LocalGenerator;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One generation in one process. */
@Command(
    name = "generate",
    description =
        "Generate in this process, without a cluster. Every cluster gives the same tokens and"
            + " logits.")
final class GenerateCommand extends SettingsCommand {
  private static final int BEST = 20;

  /** Where the prompt comes from. */
  static final class Source {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "The prompt.")
    private @Nullable String text;

    @Option(
        names = "--prompt-ids",
        paramLabel = "1,2,3",
        split = ",",
        description = "The prompt as token ids; nothing is added to them.")
    private int @Nullable [] ids;

    @Option(names = "--prompt-file", paramLabel = "F", description = "File with the prompt.")
    private @Nullable Path file;

    EncodedPrompt encode(Tokenizer tokenizer) throws IOException {
      if (ids != null) {
        return CompletionPrompt.ofIds(tokenizer, ids, "--prompt-ids");
      }
      if (file != null) {
        if (!Files.isRegularFile(file)) {
          throw new CliException(ExitCode.USAGE, "there is no file " + file + ".");
        }
        return CompletionPrompt.ofText(tokenizer, read(file), "--prompt-file");
      }
      return CompletionPrompt.ofText(tokenizer, text == null ? "" : text, "--prompt");
    }

    private static String read(Path file) throws IOException {
      try {
        return Files.readString(file);
      } catch (CharacterCodingException e) {
        throw new CliException(
            ExitCode.USAGE, "--prompt-file " + file + " is not UTF-8 text: convert it first.");
      }
    }
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--max-tokens",
      required = true,
      paramLabel = "N",
      description = "Most tokens to generate.")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description = "0 takes the best token (default: 0).")
  private float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "Probability mass of the candidates (default: 1).")
  private float topP = 1;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the sampling (default: 0).")
  private long seed;

  @Mixin private LocalRun local = new LocalRun();

  GenerateCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return LocalRun.FLAGS;
  }

  @Override
  protected ExitCode run() throws IOException {
    Logging.toConsole();
    Settings settings = settings();
    String reference = settings.requireText(Setting.MODEL);
    try (ModelFiles files = ModelReference.open(reference, context.distribution())) {
      Tokenizer tokenizer = TokenizerLoader.load(files.tokenizer());
      EncodedPrompt prompt = encode(tokenizer);
      int context = contextFor(settings, prompt.ids().length);
      String command = "carovana generate --model " + reference;
      try (LocalGenerator generator =
          local.open(files, settings, local.options(settings, context), command, this::progress)) {
        generate(generator, tokenizer, prompt);
      }
    }
    return ExitCode.OK;
  }

  private EncodedPrompt encode(Tokenizer tokenizer) throws IOException {
    try {
      return source.encode(tokenizer);
    } catch (PromptException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private int contextFor(Settings settings, int promptTokens) {
    long needed = (long) promptTokens + Math.max(0, maxTokens);
    int context = settings.integer(Setting.CONTEXT).orElse((int) Math.min(needed, 131_072));
    if (needed > context) {
      throw new CliException(
          ExitCode.USAGE,
          "the prompt has %d tokens; with --max-tokens %d that exceeds the context of %d tokens."
              .formatted(promptTokens, maxTokens, context));
    }
    return context;
  }

  private void generate(LocalGenerator generator, Tokenizer tokenizer, EncodedPrompt prompt) {
    GenerateRequest request =
        new GenerateRequest(
            prompt.ids(),
            maxTokens,
            Arrays.stream(prompt.stopIds()).boxed().collect(Collectors.toSet()),
            temperature,
            topP,
            seed,
            0,
            json(),
            json() ? BEST : 0,
            false,
            json());
    StreamingDetokenizer detokenizer = prompt.detokenizer(tokenizer);
    StringBuilder text = new StringBuilder();
    GenerateResult result =
        generator.generate(
            request,
            id -> {
              String piece = detokenizer.feed(id);
              text.append(piece);
              if (!json()) {
                context.out().print(piece);
                context.out().flush();
              }
            });
    String rest = detokenizer.finish();
    text.append(rest);
    if (json()) {
      context.out().println(Json.write(GenerationJson.of(generator, result, text.toString())));
    } else {
      context.out().println(rest);
    }
    GenerateResult.Timings timings = result.timings();
    progress(
        String.format(
            Locale.ROOT,
            "%d tokens (%s), loaded in %.2f s, prefill %.1f tokens/s, decode %.1f tokens/s, %s",
            result.ids().length,
            result.finishReason(),
            generator.loadSeconds(),
            timings.prefillTokensPerSecond(),
            timings.decodeTokensPerSecond(),
            generator.kernel()));
  }
}
