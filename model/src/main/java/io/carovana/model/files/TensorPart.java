package io.carovana.model.files;

import io.carovana.model.config.ModelConfig;

/** What a tensor is in a Llama; each has one name per file format and one shape per config. */
public enum TensorPart {
  /** Token embeddings, {@code [vocab, hidden]}. */
  EMBEDDING("model.embed_tokens", "token_embd", false),
  /** RMSNorm before attention, {@code [1, hidden]}. */
  ATTENTION_NORM("input_layernorm", "attn_norm", true),
  /** Query projection, {@code [heads * headDim, hidden]}. */
  QUERY("self_attn.q_proj", "attn_q", true),
  /** Key projection, {@code [kvHeads * headDim, hidden]}. */
  KEY("self_attn.k_proj", "attn_k", true),
  /** Value projection, {@code [kvHeads * headDim, hidden]}. */
  VALUE("self_attn.v_proj", "attn_v", true),
  /** Attention output projection, {@code [hidden, heads * headDim]}. */
  ATTENTION_OUTPUT("self_attn.o_proj", "attn_output", true),
  /** RMSNorm before the feed-forward layer, {@code [1, hidden]}. */
  FFN_NORM("post_attention_layernorm", "ffn_norm", true),
  /** Feed-forward gate, {@code [ffn, hidden]}. */
  GATE("mlp.gate_proj", "ffn_gate", true),
  /** Feed-forward up projection, {@code [ffn, hidden]}. */
  UP("mlp.up_proj", "ffn_up", true),
  /** Feed-forward down projection, {@code [hidden, ffn]}. */
  DOWN("mlp.down_proj", "ffn_down", true),
  /** Last RMSNorm, {@code [1, hidden]}. */
  OUTPUT_NORM("model.norm", "output_norm", false),
  /** Logits projection, {@code [vocab, hidden]}. */
  LM_HEAD("lm_head", "output", false);

  private final String huggingFace;
  private final String gguf;
  private final boolean perLayer;

  TensorPart(String huggingFace, String gguf, boolean perLayer) {
    this.huggingFace = huggingFace;
    this.gguf = gguf;
    this.perLayer = perLayer;
  }

  /** Whether every layer has one. */
  public boolean perLayer() {
    return perLayer;
  }

  /** Whether it is a vector of norm weights. */
  public boolean isNorm() {
    return this == ATTENTION_NORM || this == FFN_NORM || this == OUTPUT_NORM;
  }

  /** Whether it is a matrix that activations are multiplied by. */
  public boolean isProjection() {
    return !isNorm() && this != EMBEDDING;
  }

  /** Output rows; 1 for a norm. */
  public int rows(ModelConfig config) {
    return switch (this) {
      case EMBEDDING, LM_HEAD -> config.vocabSize();
      case ATTENTION_NORM, FFN_NORM, OUTPUT_NORM -> 1;
      case QUERY -> config.queryWidth();
      case KEY, VALUE -> config.kvWidth();
      case ATTENTION_OUTPUT, DOWN -> config.hiddenSize();
      case GATE, UP -> config.ffnSize();
    };
  }

  /** Input columns; the length of a norm. */
  public int columns(ModelConfig config) {
    return switch (this) {
      case ATTENTION_OUTPUT -> config.queryWidth();
      case DOWN -> config.ffnSize();
      default -> config.hiddenSize();
    };
  }

  /** Name in a Hugging Face checkpoint; {@code layer} counts only where {@link #perLayer}. */
  public String huggingFaceName(int layer) {
    return (perLayer ? "model.layers." + layer + "." : "") + huggingFace + ".weight";
  }

  /** Name in a GGUF file; {@code layer} counts only where {@link #perLayer}. */
  public String ggufName(int layer) {
    return (perLayer ? "blk." + layer + "." : "") + gguf + ".weight";
  }
}
