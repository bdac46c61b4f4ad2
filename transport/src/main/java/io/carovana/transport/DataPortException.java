package io.carovana.transport;

/** The UDP port of the data plane cannot be had, most often because another process has it. */
public final class DataPortException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DataPortException(String host, int port, Throwable cause) {
    super(
        "UDP port %d on %s cannot be taken (%s); choose another with --data-port"
            .formatted(port, host, cause.getMessage()),
        cause);
  }
}
