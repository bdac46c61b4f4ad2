package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.model.ModelReference;
import io.carovana.model.ModelSummary;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.memory.ByteSize;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Models. */
@Command(name = "model", description = "Look at models.")
final class ModelCommand extends GroupCommand {
  ModelCommand(CliContext context) {
    super(context);
  }

  /** One model. */
  @Command(
      name = "inspect",
      description =
          "Show a model's shape, weight types, size, tokenizer and digest; checks its files.")
  static final class Inspect extends BaseCommand {
    @Parameters(
        paramLabel = "PATH",
        description = "Folder, GGUF file, Hub cache folder, org/name, or 'demo'.")
    private String path = "";

    Inspect(CliContext context) {
      super(context);
    }

    @Override
    protected ExitCode run() {
      try (ModelFiles files = ModelReference.open(path, context.distribution())) {
        ModelSummary summary = ModelSummary.of(files);
        result(json(summary), text(summary));
      }
      return ExitCode.OK;
    }

    private static Map<String, Object> json(ModelSummary summary) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("path", summary.path().toString());
      json.put("format", summary.format().name().toLowerCase(Locale.ROOT));
      json.put("digest", summary.digest());
      json.put("parameters", summary.parameters());
      json.put("bytes", summary.bytes());
      json.put("tensors", summary.tensors());
      Map<String, Object> types = new LinkedHashMap<>();
      summary
          .types()
          .forEach(
              (type, share) ->
                  types.put(
                      type,
                      Map.of(
                          "tensors", share.tensors(),
                          "bytes", share.bytes(),
                          "widened", share.widened())));
      json.put("types", types);
      json.put("config", config(summary.config()));
      ModelSummary.TokenizerSummary tokenizer = summary.tokenizer();
      Map<String, Object> pieces = new LinkedHashMap<>();
      pieces.put("kind", tokenizer.kind());
      pieces.put("pieces", tokenizer.pieces());
      pieces.put("infilling", tokenizer.infilling());
      pieces.put("problem", tokenizer.problem());
      json.put("tokenizer", pieces);
      return json;
    }

    private static Map<String, Object> config(ModelConfig config) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("hidden_size", config.hiddenSize());
      json.put("layers", config.layers());
      json.put("heads", config.heads());
      json.put("kv_heads", config.kvHeads());
      json.put("head_dim", config.headDim());
      json.put("ffn_size", config.ffnSize());
      json.put("vocab_size", config.vocabSize());
      json.put("max_positions", config.maxPositions());
      json.put("rope_theta", config.ropeTheta());
      json.put("rms_norm_eps", config.rmsNormEps());
      json.put("tied_embeddings", config.tiedEmbeddings());
      return json;
    }

    private static String text(ModelSummary summary) {
      StringBuilder text = new StringBuilder();
      line(text, "path", summary.path());
      line(text, "format", summary.format().name().toLowerCase(Locale.ROOT));
      line(text, "digest", summary.digest());
      line(
          text,
          "size",
          "%.1f million parameters in %d tensors, %s"
              .formatted(
                  summary.parameters() / 1e6, summary.tensors(), ByteSize.format(summary.bytes())));
      summary
          .types()
          .forEach(
              (type, share) ->
                  line(
                      text,
                      "",
                      "%s: %d tensors, %s%s"
                          .formatted(
                              type,
                              share.tensors(),
                              ByteSize.format(share.bytes()),
                              widened(share.widened()))));
      config(summary.config()).forEach((key, value) -> line(text, key, value));
      ModelSummary.TokenizerSummary tokenizer = summary.tokenizer();
      line(
          text,
          "tokenizer",
          tokenizer.problem().isEmpty()
              ? "%s, %d pieces, %s infilling"
                  .formatted(
                      tokenizer.kind(), tokenizer.pieces(), tokenizer.infilling() ? "with" : "no")
              : tokenizer.problem());
      return text.toString();
    }

    private static String widened(int tensors) {
      return tensors == 0
          ? ""
          : "; %d of them take 8 bits a weight in memory: they have zero points other than 8"
              .formatted(tensors);
    }

    private static void line(StringBuilder text, String key, Object value) {
      text.append(String.format(Locale.ROOT, "%-16s %s%n", key, value));
    }
  }
}
