package io.carovana.worker.local;

import io.carovana.model.Numerics;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.step.SequenceStep;
import io.carovana.protocol.step.SequenceStep.Logits;
import io.carovana.worker.local.GenerateResult.Timings;
import io.carovana.worker.local.GenerateResult.TokenLogprob;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** One running generation: what went in, what came out, and what goes into the next step. */
final class LocalSequence {
  private final long number;
  private final GenerateRequest request;
  private final IntConsumer onToken;
  private final int[] pages;
  private final int skipped;
  private final int[] tokens;
  private final int limit;
  private final long startNs;
  private final MessageDigest digest;
  private final List<TokenLogprob> logprobs = new ArrayList<>();
  private final List<TokenLogprob> promptLogprobs = new ArrayList<>();
  private int known;
  private int fed;
  private long firstTokenNs;
  private long lastTokenNs;
  private @Nullable String finishReason;

  /**
   * A generation about to begin.
   *
   * @param pages KV pages for {@code context} tokens
   * @param skipped tokens of the prompt whose keys and values are in the pages already
   * @param context longest sequence
   * @param onToken told every generated token
   */
  LocalSequence(
      long number,
      GenerateRequest request,
      int[] pages,
      int skipped,
      int context,
      long startNs,
      IntConsumer onToken) {
    this.number = number;
    this.request = request;
    this.pages = pages;
    this.skipped = skipped;
    this.fed = skipped;
    this.startNs = startNs;
    this.onToken = onToken;
    known = request.promptIds().length;
    if (known > context) {
      throw new IllegalArgumentException(
          "the prompt has " + known + " tokens, the context holds " + context);
    }
    limit = (int) Math.min(context, (long) known + request.maxTokens());
    tokens = Arrays.copyOf(request.promptIds(), limit);
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  int[] pages() {
    return pages;
  }

  boolean finished() {
    return finishReason != null;
  }

  boolean prefilling() {
    return fed < request.promptIds().length;
  }

  /** Rows that the next step may take of this sequence. */
  int pending() {
    return known - fed;
  }

  /** Describes the next {@code rows} rows. */
  void fill(SequenceStep entry, int rows) {
    int pageCount = (fed + rows + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
    entry.reserve(rows, pageCount);
    entry.sequence = number;
    entry.start = fed;
    entry.rows = rows;
    System.arraycopy(tokens, fed, entry.tokens, 0, rows);
    entry.pageCount = pageCount;
    System.arraycopy(pages, 0, entry.pages, 0, pageCount);
    boolean last = fed + rows == known;
    boolean wantsPrompt = request.promptLogprobs() && prefilling();
    entry.sampledRows = last && known < limit ? 1 : 0;
    entry.logits = wantsPrompt ? Logits.ALL : entry.sampledRows > 0 ? Logits.SAMPLED : Logits.NONE;
    entry.nextPromptToken = wantsPrompt && !last ? tokens[fed + rows] : -1;
    entry.temperature = request.temperature();
    entry.topP = request.topP();
    entry.seed = request.seed();
    entry.choice = request.choice();
    entry.topLogprobs = request.topLogprobs();
    entry.logprobs = request.logprobs();
    entry.digest = request.digest();
  }

  /** Takes what a step of {@code rows} rows gave. */
  void accept(int rows, SequenceResult out, long nowNs) {
    for (int row = 0; row < out.promptCount; row++) {
      promptLogprobs.add(promptLogprob(out, row, tokens[fed + row + 1]));
    }
    fed += rows;
    if (out.token >= 0) {
      accept(out, nowNs);
    } else if (fed == known) {
      finish("length", nowNs); // nothing was to be generated
    }
  }

  private void accept(SequenceResult out, long nowNs) {
    if (known == request.promptIds().length) {
      firstTokenNs = nowNs;
    }
    if (out.hasDigest) {
      digest.update(out.digest);
    }
    if (request.stopIds().contains(out.token)) {
      finish("stop", nowNs);
      return;
    }
    tokens[known++] = out.token;
    if (request.logprobs()) {
      logprobs.add(
          new TokenLogprob(
              out.token,
              out.logprob,
              Arrays.copyOf(out.topIds, out.topCount),
              Arrays.copyOf(out.topLogprobs, out.topCount)));
    }
    onToken.accept(out.token);
    if (known == limit) {
      finish("length", nowNs);
    }
  }

  private static TokenLogprob promptLogprob(SequenceResult out, int row, int token) {
    int at = row * out.promptTop;
    return new TokenLogprob(
        token,
        out.promptLogprobs[row],
        Arrays.copyOfRange(out.promptTopIds, at, at + out.promptTop),
        Arrays.copyOfRange(out.promptTopLogprobs, at, at + out.promptTop));
  }

  private void finish(String reason, long nowNs) {
    finishReason = reason;
    lastTokenNs = nowNs;
    if (firstTokenNs == 0) {
      firstTokenNs = nowNs;
    }
  }

  /** The whole of it; only when finished. */
  GenerateResult result() {
    if (finishReason == null) {
      throw new IllegalStateException("sequence " + number + " is not finished");
    }
    int prompt = request.promptIds().length;
    int generated = known - prompt;
    boolean stopped = finishReason.equals("stop");
    return new GenerateResult(
        request.promptIds(),
        Arrays.copyOfRange(tokens, prompt, known),
        finishReason,
        List.copyOf(logprobs),
        List.copyOf(promptLogprobs),
        request.digest() ? HexFormat.of().formatHex(digest.digest()) : "",
        new Timings(
            (firstTokenNs - startNs) / 1e9,
            (lastTokenNs - firstTokenNs) / 1e9,
            prompt - skipped,
            Math.max(0, stopped ? generated : generated - 1)));
  }
}
