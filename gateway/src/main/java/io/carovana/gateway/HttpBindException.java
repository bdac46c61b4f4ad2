package io.carovana.gateway;

import java.net.BindException;

/** The HTTP address cannot be listened on: taken by another process, or not this machine's. */
public final class HttpBindException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean inUse;

  /** With the address that was tried. */
  public HttpBindException(String host, int port, Throwable cause) {
    super(
        "cannot listen on "
            + host
            + ":"
            + port
            + " ("
            + cause.getMessage()
            + "); choose another port with --port",
        cause);
    this.inUse = cause instanceof BindException;
  }

  /** Whether the address is taken (or not this machine's), rather than forbidden. */
  public boolean inUse() {
    return inUse;
  }
}
