package io.carovana.worker.kernels;

/**
 * The two products of attention in q8 over one block of keys (rule 7). Both are exact whole
 * numbers, so any unit may compute them, in any order: lanes of int32, f32 multiply-adds, integer
 * matrix units.
 */
public interface BlockProducts {
  /**
   * {@code dots[query][key] = sum over d of queries[query][d] * keys[key][d]} for queries {@code
   * [first, queries)}. Keys beyond those that a query sees may be anything.
   *
   * @param table index in {@code pageTable} of the block's first page
   * @param pages pages of the block that some query sees
   */
  void scores(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int pages,
      int kvHead,
      int first,
      int queries,
      QuantizedTile tile);

  /**
   * {@code sums[query][d] = sum over keys of weights[query][key] * values[key][d]} for queries
   * {@code [first, queries)}; the weight of a key that a query does not see is zero.
   */
  void values(
      QuantizedPages kv,
      int[] pageTable,
      int table,
      int pages,
      int kvHead,
      int first,
      int queries,
      QuantizedTile tile);
}
