package io.carovana.worker.reference;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.TensorSlice;
import io.carovana.model.quant.OwnBits;
import io.carovana.model.quant.OwnFormat;
import io.carovana.model.quant.OwnRows;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ShardPlan;
import io.carovana.model.testing.SafetensorsWriter;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the models of {@link ReferenceLogitsTest} for {@code tools/fixtures/reference_logits.py}.
 * Models in the project's own formats are written as the f32 weights that their codes stand for.
 */
final class DumpReferenceModels {
  private DumpReferenceModels() {}

  /** With the folder to write to. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    for (ReferenceModel model : ReferenceModel.values()) {
      Path path = model.write(folder);
      try (ModelFiles files = ModelFiles.open(path)) {
        if (model.quantization().bits(TensorPart.QUERY) != null) {
          path = dequantized(model, files, folder.resolve(model.name()));
        }
        Files.writeString(folder.resolve(model.name() + ".path"), path.toAbsolutePath().toString());
      }
    }
  }

  private static Path dequantized(ReferenceModel model, ModelFiles files, Path folder)
      throws IOException {
    ModelConfig config = files.config();
    SafetensorsWriter out = new SafetensorsWriter().entry("\"__metadata__\":{\"format\":\"pt\"}");
    List<String> groups = new ArrayList<>();
    for (TensorSlice slice :
        TensorSlice.of(config, ShardPlan.even(config, 1, 1).ranks().getFirst())) {
      TensorInfo tensor = (TensorInfo) files.tensor(slice.part(), slice.layer());
      OwnBits bits = model.quantization().bits(slice.part());
      byte[] values = new byte[Math.toIntExact(4 * tensor.elements())];
      if (bits == null) {
        files.read(tensor, new Range(0, tensor.rows()), MemorySegment.ofArray(values));
      } else {
        OwnFormat format = OwnFormat.of(config, tensor, bits);
        dequantize(files, tensor, format, values);
        String module = tensor.name().substring(0, tensor.name().length() - ".weight".length());
        groups.add("\"" + module + "\":" + format.group());
      }
      long[] shape =
          slice.part().isNorm()
              ? new long[] {tensor.columns()}
              : new long[] {tensor.rows(), tensor.columns()};
      out.tensor(tensor.name(), "F32", values, shape);
    }
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), SyntheticModel.configJson(config));
    out.write(folder.resolve("model.safetensors"));
    Files.writeString(
        folder.resolveSibling(model.name() + ".groups"), "{" + String.join(",", groups) + "}");
    return folder;
  }

  private static void dequantize(
      ModelFiles files, TensorInfo tensor, OwnFormat format, byte[] values) {
    byte[] codes = new byte[Math.toIntExact(tensor.elements())];
    short[] scales = new short[codes.length / format.group()];
    new OwnRows(files, tensor, format)
        .read(new Range(0, tensor.rows()), new Range(0, tensor.columns()), codes, scales);
    ByteBuffer out = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < codes.length; i++) {
      out.putFloat(Float.float16ToFloat(scales[i / format.group()]) * codes[i]);
    }
  }
}
