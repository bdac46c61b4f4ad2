package io.carovana.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.model.ModelReference;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.tokenizer.Tokenizer;
import io.carovana.model.tokenizer.TokenizerLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Text to ids. */
@Command(
    name = "tokenize",
    description = "Turn text into the model's token ids, without the begin-of-sequence token.")
final class TokenizeCommand extends BaseCommand {
  @Parameters(index = "0", paramLabel = "PATH", description = "Model, as for model inspect.")
  private String path = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "TEXT", description = "Text to tokenize.")
  private @Nullable String text;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "JSON array of strings to tokenize; prints an array of id arrays.")
  private @Nullable Path file;

  TokenizeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected ExitCode run() throws IOException {
    if ((text == null) == (file == null)) {
      throw new CliException(ExitCode.USAGE, "give either TEXT or --json FILE.");
    }
    Tokenizer tokenizer;
    try (ModelFiles files = ModelReference.open(path, context.distribution())) {
      tokenizer = TokenizerLoader.load(files.tokenizer());
    }
    if (file != null) {
      String ids =
          strings(file).stream()
              .map(string -> Arrays.toString(tokenizer.encode(string)))
              .collect(Collectors.joining(",\n", "[", "]"));
      context.out().println(ids);
    } else if (text != null) {
      result(tokenizer.encode(text), Arrays.toString(tokenizer.encode(text)));
    }
    return ExitCode.OK;
  }

  private static List<String> strings(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CliException(ExitCode.USAGE, "there is no file " + file + ".");
    }
    JsonNode array;
    try {
      array = Json.read(Files.readString(file));
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, file + " is not JSON: " + e.getMessage());
    }
    List<String> strings = new ArrayList<>();
    for (JsonNode element : array) {
      if (!element.isTextual()) {
        throw new CliException(ExitCode.USAGE, file + " must hold an array of strings.");
      }
      strings.add(element.textValue());
    }
    if (!array.isArray()) {
      throw new CliException(ExitCode.USAGE, file + " must hold an array of strings.");
    }
    return strings;
  }
}
