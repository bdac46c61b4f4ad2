package io.carovana.protocol.step;

/** What one sequence got out of a step: a token, log-probabilities of its prompt, or both. */
public final class SequenceResult {
  /** Most alternatives beside a token. */
  public static final int MAX_TOP = 20;

  /** The coordinator's number for the sequence. */
  public long sequence;

  /** The sampled token, -1 for none. */
  public int token;

  /** Natural-log probability of {@link #token} under temperature 1, NaN when not asked for. */
  public float logprob;

  /** Number of alternatives. */
  public int topCount;

  /** The best ids, best first, {@code [topCount]}. */
  public final int[] topIds = new int[MAX_TOP];

  /** Their log-probabilities, {@code [topCount]}. */
  public final float[] topLogprobs = new float[MAX_TOP];

  /** Whether {@link #digest} is set. */
  public boolean hasDigest;

  /** SHA-256 of the sampled row's logits, little-endian f32. */
  public final byte[] digest = new byte[32];

  /** Number of prompt rows reported. */
  public int promptCount;

  /** Log-probability of the token after each prompt row, {@code [promptCount]}. */
  public float[] promptLogprobs = new float[0];

  /** Alternatives per prompt row, {@code [promptCount][promptTop]}. */
  public int[] promptTopIds = new int[0];

  /** Their log-probabilities, {@code [promptCount][promptTop]}. */
  public float[] promptTopLogprobs = new float[0];

  /** Alternatives per prompt row. */
  public int promptTop;

  void reset() {
    sequence = 0;
    token = -1;
    logprob = Float.NaN;
    topCount = 0;
    hasDigest = false;
    promptCount = 0;
    promptTop = 0;
  }

  /** Makes room for {@code rows} prompt rows with {@code top} alternatives each. */
  public void reservePrompt(int rows, int top) {
    if (promptLogprobs.length < rows) {
      promptLogprobs = new float[rows];
    }
    if (promptTopIds.length < rows * top) {
      promptTopIds = new int[rows * top];
      promptTopLogprobs = new float[rows * top];
    }
    promptCount = rows;
    promptTop = top;
  }
}
