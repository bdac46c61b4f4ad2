package io.carovana.cli.command;

/** How results are written to stdout. */
public enum OutputMode {
  /** For people. */
  TEXT,
  /** For programs. */
  JSON
}
