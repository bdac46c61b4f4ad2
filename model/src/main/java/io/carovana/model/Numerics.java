package io.carovana.model;

/** Names of what results may depend on besides the model's bytes (docs/numerics.md). */
public final class Numerics {
  /** Version of the exact-numerics contract; raised whenever a rule changes bits. */
  public static final int CONTRACT = 1;

  /** Positions per page of the KV cache. */
  public static final int KV_PAGE_TOKENS = 32;

  /** Keys per attention block, at absolute multiples (rule 7). */
  public static final int ATTENTION_BLOCK = 256;

  private Numerics() {}

  /**
   * The numerics id that placements, caches and {@code system_fingerprint} carry.
   *
   * @param weightFormat {@code file} for weights as stored, or {@code q4}, {@code q8}
   * @param kvProfile precision of the KV cache, such as {@code f32}
   */
  public static String id(String weightFormat, String kvProfile) {
    return "n" + CONTRACT + "-" + weightFormat + "-" + kvProfile;
  }
}
