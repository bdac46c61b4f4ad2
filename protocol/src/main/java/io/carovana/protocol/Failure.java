package io.carovana.protocol;

import io.carovana.protocol.v1.FailureInfo;

/**
 * Every way a request or a command can fail. Expected faults are values of this type; one switch
 * turns them into HTTP status codes (gateway) and one into exit codes (cli).
 */
public sealed interface Failure {
  /** What happened and what to do about it, for a person. */
  String message();

  /** A field of the request is wrong. */
  record InvalidRequest(String field, String message) implements Failure {}

  /** Prompt plus new tokens exceed the context. */
  record ContextExceeded(String field, String message) implements Failure {}

  /** The queue is full. */
  record Overloaded(String message, int retryAfterSeconds) implements Failure {}

  /** No placement is ready. */
  record Unavailable(String message, int retryAfterSeconds) implements Failure {}

  /** A worker died while it held part of the request. */
  record WorkerLost(String message) implements Failure {}

  /** The coordinator died or changed while the request ran. */
  record CoordinatorLost(String message) implements Failure {}

  /** The request ran past its deadline. */
  record DeadlineExceeded(String message) implements Failure {}

  /** The client went away or asked to stop. */
  record Cancelled(String message) implements Failure {}

  /** A worker's model is missing or differs. */
  record ModelRefused(String message) implements Failure {
    /** The model at {@code path} is not the one the coordinator serves. */
    public static ModelRefused differs(
        String path, String digest, String servedPath, String servedDigest) {
      return new ModelRefused(
          ("%s is another model (digest %.12s) than the coordinator serves (%.12s): copy %s from the"
                  + " coordinator's machine and name it with --model")
              .formatted(path, digest, servedDigest, servedPath));
    }

    /** A worker cannot open its model; {@code problem} names the file and what is wrong. */
    public static ModelRefused unusable(String problem, String servedPath) {
      return new ModelRefused(
          problem
              + "; the coordinator serves "
              + servedPath
              + ": copy it here and name it with --model");
    }
  }

  /** Another process has the name that a worker wants to join by. */
  record NameTaken(String message) implements Failure {}

  /** Weights, KV cache or workspace do not fit. */
  record DoesNotFit(String message) implements Failure {}

  /** The numbers went wrong (NaN or infinity in activations). */
  record NonFinite(String message) implements Failure {}

  /** A bug. */
  record Internal(String message) implements Failure {}

  /** The name that travels on the wire and in JSON. */
  default String code() {
    return switch (this) {
      case InvalidRequest f -> "invalid_request";
      case ContextExceeded f -> "context_length_exceeded";
      case Overloaded f -> "overloaded";
      case Unavailable f -> "unavailable";
      case WorkerLost f -> "worker_lost";
      case CoordinatorLost f -> "coordinator_lost";
      case DeadlineExceeded f -> "deadline_exceeded";
      case Cancelled f -> "cancelled";
      case ModelRefused f -> "model_refused";
      case NameTaken f -> "name_taken";
      case DoesNotFit f -> "does_not_fit";
      case NonFinite f -> "non_finite";
      case Internal f -> "internal";
    };
  }

  /** As a wire message. */
  default FailureInfo toInfo() {
    FailureInfo.Builder info = FailureInfo.newBuilder().setCode(code()).setMessage(message());
    switch (this) {
      case InvalidRequest f -> info.setField(f.field());
      case ContextExceeded f -> info.setField(f.field());
      case Overloaded f -> info.setRetryAfterSeconds(f.retryAfterSeconds());
      case Unavailable f -> info.setRetryAfterSeconds(f.retryAfterSeconds());
      default -> {}
    }
    return info.build();
  }

  /** From a wire message; an unknown code becomes {@link Internal}. */
  static Failure of(FailureInfo info) {
    String message = info.getMessage();
    return switch (info.getCode()) {
      case "invalid_request" -> new InvalidRequest(info.getField(), message);
      case "context_length_exceeded" -> new ContextExceeded(info.getField(), message);
      case "overloaded" -> new Overloaded(message, info.getRetryAfterSeconds());
      case "unavailable" -> new Unavailable(message, info.getRetryAfterSeconds());
      case "worker_lost" -> new WorkerLost(message);
      case "coordinator_lost" -> new CoordinatorLost(message);
      case "deadline_exceeded" -> new DeadlineExceeded(message);
      case "cancelled" -> new Cancelled(message);
      case "model_refused" -> new ModelRefused(message);
      case "name_taken" -> new NameTaken(message);
      case "does_not_fit" -> new DoesNotFit(message);
      case "non_finite" -> new NonFinite(message);
      default -> new Internal(info.getCode() + ": " + message);
    };
  }
}
