package io.carovana.model.config;

/**
 * The shape of one Code Llama, as its own files state it; nothing is inferred from a model's name.
 *
 * @param hiddenSize width of the residual stream
 * @param layers number of transformer layers
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}
 * @param headDim width of one head
 * @param ffnSize width of the feed-forward layer
 * @param vocabSize rows of the embedding and of lm_head
 * @param rmsNormEps epsilon of RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param maxPositions positions the model was tuned for; a default, not a hard limit
 * @param bosId id that begins a sequence
 * @param eosId id that ends one
 * @param tiedEmbeddings whether lm_head is the embedding matrix
 */
public record ModelConfig(
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int ffnSize,
    int vocabSize,
    float rmsNormEps,
    double ropeTheta,
    int maxPositions,
    int bosId,
    int eosId,
    boolean tiedEmbeddings) {

  /** Most layers; far above any Llama, so that a hostile file cannot ask for tables of billions. */
  public static final int MAX_LAYERS = 1 << 10;

  /** Most elements in one dimension of a matrix, and most heads times their width. */
  public static final int MAX_WIDTH = 1 << 22;

  /** Most vocabulary rows. */
  public static final int MAX_VOCABULARY = 1 << 24;

  /**
   * Checks that every size is positive and bounded and that heads group evenly; names the field
   * that is not.
   */
  public ModelConfig {
    requireWithin("hidden_size", hiddenSize, MAX_WIDTH);
    requireWithin("num_hidden_layers", layers, MAX_LAYERS);
    requireWithin("num_attention_heads", heads, MAX_WIDTH);
    requireWithin("num_key_value_heads", kvHeads, heads);
    requireWithin("head_dim", headDim, MAX_WIDTH / heads);
    requireWithin("intermediate_size", ffnSize, MAX_WIDTH);
    requireWithin("vocab_size", vocabSize, MAX_VOCABULARY);
    requireWithin("max_position_embeddings", maxPositions, Integer.MAX_VALUE);
    requireToken("bos_token_id", bosId, vocabSize);
    requireToken("eos_token_id", eosId, vocabSize);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads " + heads + " is not a multiple of num_key_value_heads " + kvHeads);
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException("head_dim " + headDim + " is odd; RoPE needs pairs");
    }
    if (!(rmsNormEps > 0) || !Float.isFinite(rmsNormEps)) {
      throw new IllegalArgumentException("rms_norm_eps must be positive, is " + rmsNormEps);
    }
    if (!(ropeTheta > 0) || !Double.isFinite(ropeTheta)) {
      throw new IllegalArgumentException("rope_theta must be positive, is " + ropeTheta);
    }
  }

  /** Query heads that share one KV head. */
  public int headsPerKvHead() {
    return heads / kvHeads;
  }

  /** Width of all query heads together. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** Width of all key (or value) heads together. */
  public int kvWidth() {
    return kvHeads * headDim;
  }

  private static void requireWithin(String field, int value, int limit) {
    if (value <= 0 || value > limit) {
      throw new IllegalArgumentException(field + " must be from 1 to " + limit + ", is " + value);
    }
  }

  private static void requireToken(String field, int id, int vocabSize) {
    if (id < 0 || id >= vocabSize) {
      throw new IllegalArgumentException(
          field + " " + id + " is outside the vocabulary of " + vocabSize);
    }
  }
}
