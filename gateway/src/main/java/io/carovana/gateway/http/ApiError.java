package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.generation.RunForecast;
import io.carovana.protocol.Failure;

/**
 * An error as OpenAI's clients expect it.
 *
 * @param status HTTP status
 * @param type family, such as {@code invalid_request_error}
 * @param code machine-readable name
 * @param message for a person
 * @param param field at fault; empty for none
 * @param retryAfterSeconds for the {@code Retry-After} header; 0 for none
 */
record ApiError(
    int status, String type, String code, String message, String param, int retryAfterSeconds) {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  /** When to try again after a fault that heals by itself, seconds. */
  private static final int HEALS_SECONDS = 2;

  /** The one switch from failures to HTTP. */
  static ApiError of(Failure failure) {
    String code = failure.code();
    String message = failure.message();
    return switch (failure) {
      case Failure.InvalidRequest f -> new ApiError(400, INVALID, code, message, f.field(), 0);
      case Failure.ContextExceeded f -> new ApiError(400, INVALID, code, message, f.field(), 0);
      case Failure.Overloaded f ->
          new ApiError(
              429, "rate_limit_error", code, message, "", atLeastOne(f.retryAfterSeconds()));
      case Failure.Unavailable f ->
          new ApiError(503, SERVER, code, message, "", atLeastOne(f.retryAfterSeconds()));
      case Failure.WorkerLost f -> new ApiError(503, SERVER, code, message, "", HEALS_SECONDS);
      case Failure.CoordinatorLost f -> new ApiError(503, SERVER, code, message, "", HEALS_SECONDS);
      case Failure.DeadlineExceeded f -> new ApiError(504, SERVER, code, message, "", 0);
      case Failure.Cancelled f -> new ApiError(499, INVALID, code, message, "", 0);
      case Failure.NameTaken f -> new ApiError(503, SERVER, code, message, "", 0);
      case Failure.ModelRefused f -> new ApiError(503, SERVER, code, message, "", 0);
      case Failure.DoesNotFit f -> new ApiError(503, SERVER, code, message, "", 0);
      case Failure.NonFinite f -> new ApiError(500, SERVER, code, message, "", 0);
      case Failure.Internal f -> new ApiError(500, SERVER, code, message, "", 0);
    };
  }

  /** A refusal by HTTP itself, before any request was understood. */
  static ApiError refused(int status, String code, String message) {
    return new ApiError(status, INVALID, code, message, "", 0);
  }

  /** A missing or wrong key; OpenAI answers both with 401. */
  static ApiError unauthorized(String code, String message) {
    return new ApiError(401, "authentication_error", code, message, "", 0);
  }

  /** A whole answer that would not be there in time. */
  static ApiError wouldTimeOut(RunForecast.Overrun overrun) {
    return new ApiError(400, INVALID, "would_time_out", overrun.message(), overrun.field(), 0);
  }

  ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode error = root.putObject("error");
    error.put("message", message);
    error.put("type", type);
    if (param.isEmpty()) {
      error.putNull("param");
    } else {
      error.put("param", param);
    }
    error.put("code", code);
    return root;
  }

  private static int atLeastOne(int seconds) {
    return Math.max(1, seconds);
  }
}
