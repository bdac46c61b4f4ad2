package io.carovana.model.files;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A GGUF model in one file, or split by llama.cpp's naming ({@code NAME-00001-of-00003.gguf}). */
final class GgufFiles {
  static final int MAX_PARTS = 1024;
  private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private GgufFiles() {}

  static ModelFiles open(Path file) {
    try (OpenFiles files = new OpenFiles()) {
      GgufHeader header = GgufHeader.parse(files.open(file), file);
      Long parts = header.metadata().integer("split.count");
      if (parts == null || parts <= 1) {
        return files.handOver(
            GgufModel.contents(header.metadata(), header.tensors(), files::bytes));
      }
    }
    return openParts(file);
  }

  private static ModelFiles openParts(Path anyPart) {
    Matcher name = PART.matcher(String.valueOf(anyPart.getFileName()));
    if (!name.matches()) {
      throw new ModelException.Malformed(
          anyPart, "split.count", "the file is one part of a model, but not named like one");
    }
    int count = Integer.parseInt(name.group(3));
    if (count < 1 || count > MAX_PARTS) {
      throw new ModelException.Malformed(anyPart, null, "is one of " + count + " parts");
    }
    List<GgufHeader> headers = new ArrayList<>();
    try (OpenFiles files = new OpenFiles()) {
      for (int part = 1; part <= count; part++) {
        Path file =
            anyPart.resolveSibling(
                String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", name.group(1), part, count));
        OpenFiles.requirePresent(file, anyPart.getFileName().toString());
        GgufHeader header = GgufHeader.parse(files.open(file), file);
        requirePart(header.metadata(), part, count);
        headers.add(header);
      }
      return files.handOver(
          GgufModel.contents(headers.getFirst().metadata(), merge(headers), files::bytes));
    }
  }

  private static void requirePart(GgufMetadata metadata, int part, int count) {
    Long number = metadata.integer("split.no");
    Long of = metadata.integer("split.count");
    if (number == null || of == null || number != part - 1 || of != count) {
      throw new ModelException.Malformed(
          metadata.file(), "split.no", "is part %s of %s inside".formatted(number, of));
    }
  }

  private static List<StoredTensor> merge(List<GgufHeader> headers) {
    List<StoredTensor> all = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (GgufHeader header : headers) {
      for (StoredTensor tensor : header.tensors()) {
        if (!names.add(tensor.name())) {
          throw new ModelException.Malformed(
              tensor.file(), tensor.name(), "another part has this tensor too");
        }
        all.add(tensor);
      }
    }
    return all;
  }
}
