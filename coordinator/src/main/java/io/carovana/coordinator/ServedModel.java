package io.carovana.coordinator;

import com.google.protobuf.ByteString;
import io.carovana.model.files.ModelDigest;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.tokenizer.TokenizerLoader;
import java.nio.file.Path;

/**
 * The model the cluster serves, as the coordinator opened it: no weight is read here.
 *
 * @param files its tensors and shape
 * @param name what clients call it
 * @param digest its digest, hex
 * @param tokenizer its tokenizer as a SentencePiece {@code ModelProto}, for the gateways
 */
public record ServedModel(ModelFiles files, String name, String digest, ByteString tokenizer)
    implements AutoCloseable {

  /**
   * Opens a model.
   *
   * @throws ModelException if it cannot be served
   */
  public static ServedModel open(Path path, String name) {
    ModelFiles files = ModelFiles.open(path.toString());
    try {
      byte[] tokenizer = TokenizerLoader.load(files.tokenizer()).toModelProto();
      return new ServedModel(files, name, ModelDigest.of(files), ByteString.copyFrom(tokenizer));
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
