package io.carovana.protocol.cluster;

/** The address of the control plane is taken by another process. */
public final class PortInUseException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int port;

  /** With the address that was tried. */
  public PortInUseException(String host, int port, Throwable cause) {
    super("port " + port + " on " + host + " is in use; choose another control port", cause);
    this.port = port;
  }

  /** The taken port. */
  public int port() {
    return port;
  }
}
