package io.carovana.worker.kernels;

/**
 * The operations of a forward pass over caller-owned arrays. Every implementation gives the bits of
 * {@link ScalarKernels}. Work is cut by the caller into ranges (rows, panels, heads) that never
 * change a result; calls on disjoint ranges may run at once, each thread with its own {@link
 * KernelScratch}. Nothing is allocated per call. NaN and infinity are refused by {@link #quantize},
 * {@link #rmsNorm}, {@link #siluMultiply} and {@link #attention} with {@link NonFiniteException}.
 */
public interface Kernels {
  /** The name that status shows, such as {@code vector-512}. */
  String name();

  /**
   * Inputs with the quantized forms that these kernels read.
   *
   * @param quantizable whether a quantized form will be needed
   * @throws IllegalArgumentException if it will and columns are not whole blocks of 32
   */
  Activations activations(int maxRows, int columns, boolean quantizable);

  /**
   * Quantizes columns {@code [columnFrom, columnTo)} of rows {@code [rowFrom, rowTo)} in blocks
   * (rule 2). Besides the codes, which are the same for all, every implementation leaves the forms
   * that its own products read.
   *
   * @param block columns per block: {@link PanelFormat#block} of the matrices that follow
   * @param columnFrom the begin of a block
   * @param columnTo the end of a block
   */
  void quantize(Activations x, int block, int rowFrom, int rowTo, int columnFrom, int columnTo);

  /** Quantizes whole rows. */
  default void quantize(Activations x, int block, int rowFrom, int rowTo) {
    quantize(x, block, rowFrom, rowTo, 0, x.columns());
  }

  /**
   * Multiplies by a matrix that is not cut along k: one chain over all columns (rules 2 and 3).
   *
   * @param panelFrom first panel of {@code weights}
   * @param panelTo end of the panels
   * @param rowFrom first row of {@code x}
   * @param rowTo end of the rows
   * @param out element {@code row, r} goes to {@code offset + row * stride + r} for every weight
   *     row r of the panels
   * @throws IllegalArgumentException if columns differ or {@code x} is quantized in other blocks
   */
  void multiply(
      Panels weights,
      int panelFrom,
      int panelTo,
      Activations x,
      int rowFrom,
      int rowTo,
      float[] out,
      int offset,
      int stride,
      KernelScratch scratch);

  /**
   * Multiplies by a matrix that is cut along k: a chain per leaf, leaves added by the tree up to
   * this rank's maximal nodes (rules 4 and 5).
   *
   * @param out element {@code node, row, r} goes to {@code ((node * nodeRows) + row) *
   *     weights.rows() + r}
   * @param nodeRows rows per node in {@code out}
   * @throws IllegalArgumentException as {@link #multiply}, or if a block straddles two leaves
   */
  void multiplyTree(
      Panels weights,
      int panelFrom,
      int panelTo,
      LeafProgram leaves,
      Activations x,
      int rowFrom,
      int rowTo,
      float[] out,
      int nodeRows,
      KernelScratch scratch);

  /**
   * RMSNorm of one row (rule 6): {@code out = (x * (1 / sqrt(mean(x^2) + eps))) * weight}.
   *
   * @param n elements of the row and of {@code weight}
   */
  void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float eps,
      float[] out,
      int outOffset,
      int n,
      KernelScratch scratch);

  /**
   * Rotates {@code heads} neighbouring heads of one row in place, pairs {@code i, i + d/2} (rule
   * 6).
   *
   * @param cos {@code headDim / 2} cosines from {@code tableOffset}, as {@link Rope} makes them
   * @param sin sines
   */
  void rotate(
      float[] x, int offset, int heads, int headDim, float[] cos, float[] sin, int tableOffset);

  /** {@code out = silu(gate) * up}; out may be gate or up. */
  void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n);

  /** {@code sum += addend}. */
  void add(float[] sum, int sumOffset, float[] addend, int addendOffset, int n);

  /** {@code x = exp(x)}, by {@link ExpPolynomial}. */
  void exp(float[] x, int offset, int n);

  /**
   * Causal attention of one KV head's query heads (rule 7) for consecutive rows of one sequence.
   * The pages hold K and V of positions {@code [0, firstPosition + rows)}.
   *
   * @param pageTable pages of the sequence, in order, from {@code tableOffset}
   * @param kvHead this rank's KV head
   * @param q query head h of row r lies at {@code qOffset + r * qStride + h * headDim}; heads of
   *     all KV heads
   * @param firstPosition position of row 0
   * @param out laid out as {@code q} with its own offset and stride
   */
  void attention(
      KvView kv,
      int[] pageTable,
      int tableOffset,
      int kvHead,
      float[] q,
      int qOffset,
      int qStride,
      int rows,
      int firstPosition,
      float[] out,
      int outOffset,
      int outStride,
      KernelScratch scratch);
}
