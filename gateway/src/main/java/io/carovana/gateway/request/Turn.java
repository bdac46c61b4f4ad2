package io.carovana.gateway.request;

import io.carovana.protocol.v1.Priority;

/**
 * Whose turn it is when not all requests can run: the extension {@code priority}, or OpenAI's
 * {@code service_tier}.
 */
final class Turn {
  private Turn() {}

  static Priority read(Fields fields) throws RefusedException {
    String priority = fields.text("priority");
    String tier = fields.text("service_tier");
    boolean flexible =
        switch (tier) {
          case "flex" -> true;
          case "auto", "default" -> false;
          case null -> false;
          default -> throw fields.refuse("service_tier", "must be auto, default or flex");
        };
    return switch (priority) {
      case "batch" -> Priority.BATCH;
      case "interactive" -> {
        if (flexible) {
          throw fields.refuse("service_tier", "cannot be flex where priority is interactive");
        }
        yield Priority.INTERACTIVE;
      }
      case null -> flexible ? Priority.BATCH : Priority.INTERACTIVE;
      default -> throw fields.refuse("priority", "must be interactive or batch");
    };
  }
}
