package io.carovana.model.shard;

/** A model has fewer pieces of a kind than parts are asked for. */
public final class TooManyPartsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String pieces;
  private final int most;
  private final int parts;

  TooManyPartsException(String pieces, int most, int parts) {
    super("cannot cut " + most + " " + pieces + " into " + parts + " parts");
    this.pieces = pieces;
    this.most = most;
    this.parts = parts;
  }

  /** What has to be cut, such as {@code KV heads}; see {@link ShardPlan#LAYERS}. */
  public String pieces() {
    return pieces;
  }

  /** How many of them there are, and so the largest number of parts. */
  public int most() {
    return most;
  }

  /** How many parts were asked for. */
  public int parts() {
    return parts;
  }
}
