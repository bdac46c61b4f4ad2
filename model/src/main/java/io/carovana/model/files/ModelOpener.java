package io.carovana.model.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tells what a path holds by its contents, and opens it or says why not. */
final class ModelOpener {
  private ModelOpener() {}

  static ModelFiles open(Path path) {
    if (Files.isDirectory(path)) {
      return openFolder(path);
    }
    OpenFiles.requirePresent(path, null);
    return openFile(path);
  }

  private static ModelFiles openFolder(Path folder) {
    List<String> names = FolderNames.of(folder);
    if (names.contains(HfFolder.CONFIG)) {
      return HfFolder.open(folder);
    }
    List<String> ggufs = names.stream().filter(name -> name.endsWith(".gguf")).toList();
    if (ggufs.size() == 1 || (!ggufs.isEmpty() && ggufs.getFirst().contains("-00001-of-"))) {
      return openFile(folder.resolve(ggufs.getFirst()));
    }
    throw notAModel(folder, names, ggufs);
  }

  private static ModelException notAModel(Path folder, List<String> names, List<String> ggufs) {
    if (!ggufs.isEmpty()) {
      return new ModelException.NotFound(
          folder.toString(), "holds several models, name one: " + String.join(", ", ggufs));
    }
    Path unfinished = Downloads.unfinished(folder);
    if (unfinished != null) {
      return new ModelException.Incomplete(
          unfinished, null, "the download has not finished: " + Downloads.ADVICE);
    }
    if (names.stream().anyMatch(name -> name.startsWith("consolidated."))) {
      return new ModelException.Unsupported(
          folder,
          null,
          "is Meta's original release (consolidated.*); take the Hugging Face conversion"
              + " (codellama/CodeLlama-…-hf) or a GGUF");
    }
    return new ModelException.NotFound(
        folder.toString(), "has no " + HfFolder.CONFIG + " and no .gguf file");
  }

  private static ModelFiles openFile(Path file) {
    if (Downloads.isUnfinished(file)) {
      throw new ModelException.Incomplete(
          file, null, "the download has not finished: " + Downloads.ADVICE);
    }
    if (magic(file) == GgufHeader.MAGIC) {
      return GgufFiles.open(file);
    }
    boolean safetensors = file.toString().endsWith(".safetensors");
    throw new ModelException.Unsupported(
        file,
        null,
        safetensors
            ? "is only the weights; give the folder that also holds config.json"
            : "is not a GGUF file; give a GGUF, or a folder with config.json and safetensors");
  }

  private static int magic(Path file) {
    try (OpenFiles files = new OpenFiles()) {
      ByteBuffer head = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      ByteSource source = files.open(file);
      while (head.hasRemaining() && source.read(head, head.position()) > 0) {}
      return head.getInt(0);
    } catch (IOException e) {
      throw new ModelException.ReadFailed(file, null, "cannot be read: " + e, e);
    }
  }
}
