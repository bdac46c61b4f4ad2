package io.carovana.cli.config;

/** A setting is unknown or wrong; the message names it, its origin and what would be valid. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With the message for the operator. */
  public ConfigException(String message) {
    super(message);
  }
}
