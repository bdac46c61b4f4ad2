package io.carovana.transport;

/** A step cannot be completed: the epoch is over, a peer is gone, or this process shuts down. */
public final class LinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what happened. */
  public LinkException(String message) {
    super(message);
  }
}
