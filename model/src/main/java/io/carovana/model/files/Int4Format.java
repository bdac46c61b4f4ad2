package io.carovana.model.files;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint says of its quantized matrices: in {@code config.json}, or in the file that the
 * quantizer left beside it. Anything but 4-bit GPTQ and AWQ is refused by name.
 *
 * @param layout how words are filled
 * @param groupSize inputs that share a scale, or {@link #WHOLE_COLUMN}
 * @param actOrder whether inputs may be grouped by activation instead of position (GPTQ's {@code
 *     desc_act})
 * @param statedIn the file that says so
 */
record Int4Format(Int4Layout layout, int groupSize, boolean actOrder, Path statedIn) {
  /** All inputs of an output share one scale. */
  static final int WHOLE_COLUMN = -1;

  private static final String FIELD = "quantization_config";
  private static final String METHOD = "quant_method";
  private static final String ADVICE = "take the original checkpoint and --quantize q4";

  /** A quantizer's own file, and its method where the file does not say. */
  private record OwnFile(String name, String method) {}

  private static final List<OwnFile> OWN_FILES =
      List.of(new OwnFile("quantize_config.json", "gptq"), new OwnFile("quant_config.json", "awq"));

  /**
   * What {@code config.json} says, or null if it says nothing.
   *
   * @throws ModelException naming the field
   */
  static @Nullable Int4Format of(JsonFields config) {
    if (!config.present(FIELD)) {
      return null;
    }
    JsonFields fields = config.object(FIELD);
    String method = fields.text(METHOD);
    if (method == null) {
      throw fields.malformed(FIELD, "lacks " + METHOD);
    }
    return of(fields, method);
  }

  /** What the quantizer's own file in {@code folder} says, or null if there is none. */
  static @Nullable Int4Format beside(Path folder) {
    for (OwnFile own : OWN_FILES) {
      Path file = folder.resolve(own.name());
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        byte[] json = OpenFiles.readSmall(file, HfFolder.MAX_CONFIG_BYTES);
        JsonFields fields = JsonFields.parse(json, file);
        String method = fields.text(METHOD);
        return of(fields, method == null ? own.method() : method);
      }
    }
    return null;
  }

  private static Int4Format of(JsonFields fields, String method) {
    Int4Layout layout =
        switch (method) {
          case "gptq" -> gptq(fields);
          case "awq" -> awq(fields);
          default ->
              throw fields.unsupported(
                  FIELD,
                  "quant_method is \"" + method + "\"; \"gptq\" and \"awq\" are read: " + ADVICE);
        };
    String width = fields.present("w_bit") ? "w_bit" : "bits";
    int bits = fields.required(width);
    if (bits != Int4Layout.BITS) {
      throw fields.unsupported(width, "is " + bits + "; weights of 4 bits are read: " + ADVICE);
    }
    String group = fields.present("q_group_size") ? "q_group_size" : "group_size";
    return new Int4Format(layout, groupSize(fields, group), fields.bool("desc_act"), fields.file());
  }

  private static Int4Layout gptq(JsonFields fields) {
    if (fields.bool("is_marlin_format")) {
      throw fields.unsupported("is_marlin_format", "is true; " + plainGptq());
    }
    String words = fields.text("pack_dtype");
    if (words != null && !words.equals("int32")) {
      throw fields.unsupported("pack_dtype", "is \"" + words + "\"; words of int32 are read");
    }
    String name = fields.present("checkpoint_format") ? "checkpoint_format" : "format";
    String format = fields.text(name);
    return switch (format) {
      case null -> Int4Layout.GPTQ;
      case "gptq" -> Int4Layout.GPTQ;
      case "gptq_v2" -> Int4Layout.GPTQ_V2;
      default -> throw fields.unsupported(name, "is \"" + format + "\"; " + plainGptq());
    };
  }

  private static String plainGptq() {
    return "\"gptq\" and \"gptq_v2\" are read: " + ADVICE;
  }

  private static Int4Layout awq(JsonFields fields) {
    for (String field : List.of("version", "checkpoint_format", "format")) {
      String version = fields.text(field);
      if (version != null && !version.toLowerCase(Locale.ROOT).equals("gemm")) {
        throw fields.unsupported(
            field, "is \"" + version + "\"; AWQ is read in version \"gemm\": " + ADVICE);
      }
    }
    return Int4Layout.AWQ;
  }

  private static int groupSize(JsonFields fields, String field) {
    int size = fields.required(field);
    boolean read = size == WHOLE_COLUMN || size == 32 || size == 64 || size > 0 && size % 128 == 0;
    if (!read) {
      throw fields.unsupported(
          field, "is " + size + "; groups of 32, 64, multiples of 128 and -1 are read: " + ADVICE);
    }
    return size;
  }
}
