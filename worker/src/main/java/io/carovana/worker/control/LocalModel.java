package io.carovana.worker.control;

import io.carovana.model.files.ModelDigest;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.protocol.Failure;
import java.util.Optional;

/**
 * A model as this machine has it: its digest, or what is wrong with it. No weights are read beyond
 * the digest's probes.
 *
 * @param path where it was looked for; empty if it was not yet
 * @param digest hex; empty if it cannot be opened
 * @param problem why it cannot be opened; empty if it can
 */
record LocalModel(String path, String digest, String problem) {
  /** Nothing has been looked at. */
  static final LocalModel UNKNOWN = new LocalModel("", "", "");

  /** Looks at the model at {@code path}. */
  static LocalModel at(String path) {
    try (ModelFiles files = ModelFiles.open(path)) {
      return new LocalModel(path, ModelDigest.of(files), "");
    } catch (ModelException e) {
      return new LocalModel(path, "", String.valueOf(e.getMessage()));
    }
  }

  /** Why it cannot stand for the model that is served; empty if it can. */
  Optional<Failure> refusal(String servedPath, String servedDigest) {
    if (!problem.isEmpty()) {
      return Optional.of(Failure.ModelRefused.unusable(problem, servedPath));
    }
    return digest.equals(servedDigest)
        ? Optional.empty()
        : Optional.of(Failure.ModelRefused.differs(path, digest, servedPath, servedDigest));
  }
}
