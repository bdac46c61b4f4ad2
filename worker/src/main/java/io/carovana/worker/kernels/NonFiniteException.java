package io.carovana.worker.kernels;

/** NaN or infinity appeared in a forward pass: the model's weights or activations overflow. */
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String where;

  /**
   * Names the operation.
   *
   * @param where the operation, such as {@code quantize}
   */
  public NonFiniteException(String where) {
    super("a value in " + where + " is NaN or infinite");
    this.where = where;
  }

  /** The operation that met it. */
  public String where() {
    return where;
  }
}
