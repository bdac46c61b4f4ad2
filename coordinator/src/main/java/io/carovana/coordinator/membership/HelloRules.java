package io.carovana.coordinator.membership;

import io.carovana.coordinator.ServedModel;
import io.carovana.model.Numerics;
import io.carovana.protocol.Failure;
import io.carovana.protocol.Version;
import io.carovana.protocol.v1.WorkerHello;
import java.util.Optional;

/** Which workers cannot be let in: another version, nothing to offer, another model. */
final class HelloRules {
  private HelloRules() {}

  /** Why this worker is refused; empty if it is not. */
  static Optional<Failure> refusal(WorkerHello hello, ServedModel served) {
    if (hello.getNumericsContract() != Numerics.CONTRACT) {
      return refused(
          "worker %s computes by numerics contract %d, this cluster by %d: install the same"
              + " version of Carovana on both",
          hello.getNode(), hello.getNumericsContract(), Numerics.CONTRACT);
    }
    if (!hello.getVersion().equals(Version.CURRENT)) {
      return refused(
          "worker %s runs Carovana %s, the coordinator %s: install the same version on both",
          hello.getNode(), hello.getVersion(), Version.CURRENT);
    }
    if (hello.getMemoryBytes() <= 0 || hello.getThreads() <= 0) {
      return refused(
          "worker %s offers %d bytes of memory and %d threads; both must be positive",
          hello.getNode(), hello.getMemoryBytes(), hello.getThreads());
    }
    return otherModel(hello, served);
  }

  /** A worker that has not looked at the served model yet is let in, and tells by a later hello. */
  private static Optional<Failure> otherModel(WorkerHello hello, ServedModel served) {
    String path = served.files().path().toString();
    String digest = hello.getModelDigest();
    if (hello.getModelFollows() && !hello.getModelPath().equals(path)) {
      return Optional.empty();
    }
    if (!hello.getModelProblem().isEmpty()) {
      return Optional.of(Failure.ModelRefused.unusable(hello.getModelProblem(), path));
    }
    if (!digest.isEmpty() && !digest.equals(served.digest())) {
      return Optional.of(
          Failure.ModelRefused.differs(hello.getModelPath(), digest, path, served.digest()));
    }
    return Optional.empty();
  }

  private static Optional<Failure> refused(String format, Object... facts) {
    return Optional.of(new Failure.ModelRefused(format.formatted(facts)));
  }
}
