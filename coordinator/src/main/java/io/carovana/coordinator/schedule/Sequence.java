package io.carovana.coordinator.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A live request on its way through the engine: its tokens, how far they were computed, and the KV
 * pages that hold the result. Everything needed to compute it again elsewhere is in {@link
 * #tokens}.
 */
final class Sequence {
  private static final int NEVER = -1;

  enum State {
    /** Waits for KV pages and a place; holds nothing. */
    QUEUED,
    /** Holds pages and takes part in steps. */
    RUNNING,
    /** Ended; may still hold pages until the last step it is part of is acknowledged. */
    ENDED
  }

  final long number;
  final Request request;
  State state = State.QUEUED;

  /** Prompt and emitted tokens, {@code [length]}. */
  int[] tokens;

  int length;

  /** Positions {@code [0, computed)} are in the KV cache. */
  int computed;

  /** Positions {@code [0, scheduled)} are computed or in an outstanding step. */
  int scheduled;

  /** Outstanding steps it is part of. */
  int inFlight;

  /** Raised when positions are taken back; outstanding rows of an older one count for nothing. */
  int generation;

  /** Its first blocks that are in the prefix cache, and the number of the last one there. */
  int blocks;

  long lastBlock = PrefixCache.ROOT;

  /** Tokens of the prompt that needed no computing when it was admitted first. */
  int cached = NEVER;

  /** Reads what it shares with this one, up to {@link #commonWithReader}; null for nobody. */
  @Nullable Sequence reader;

  int commonWithReader;

  /** Guesses its next tokens. */
  final Guesser guesser = new Guesser();

  /** Guesses verified, and those that held. */
  int guessed;

  int guessesHeld;

  /** Free pages, and blocks entered, when it was found that there are too few pages for it. */
  int freeWhenRefused = -1;

  long enteredWhenRefused;

  /** Requests that started before it although it was its turn. */
  int overtaken;

  /** When it was handed out first after it was admitted last, and how far it was computed then. */
  long admittedNs;

  int computedWhenAdmitted;

  /** Block table, {@code [pageCount]}. */
  int[] pages = new int[4];

  int pageCount;

  /** Prompt tokens whose log-probability was reported (the first has none). */
  int promptReported = 1;

  /** Must give its pages to an older sequence as soon as no step uses them. */
  boolean evicting;

  /** How many requests had ended when it was evicted; -1 if it never was. */
  long evictedAt = -1;

  /** Runs in steps of its own, because a step it shared met a non-finite value. */
  boolean alone;

  Sequence(long number, Request request) {
    this.number = number;
    this.request = request;
    int prompt = request.prompt().length;
    int emitted = request.emitted().length;
    tokens = Arrays.copyOf(request.prompt(), prompt + emitted);
    System.arraycopy(request.emitted(), 0, tokens, prompt, emitted);
    length = tokens.length;
  }

  boolean running() {
    return state == State.RUNNING;
  }

  /** Rows not yet handed out. */
  int pending() {
    return length - scheduled;
  }

  int emitted() {
    return length - request.prompt().length;
  }

  /** Ready for a single row: the last prompt token, or the one sampled last. */
  boolean readyToDecode() {
    return running() && pending() == 1 && inFlight == 0 && !evicting;
  }

  /** Has one token to compute, the last prompt token or the one sampled last. */
  boolean decoding() {
    return length - computed == 1;
  }

  /** Has a chunk of prompt to hand out, behind at most {@code depth - 1} others under way. */
  boolean readyToPrefill(int depth) {
    return running() && pending() > 1 && inFlight < depth && !evicting;
  }

  void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length * 2);
    }
    tokens[length++] = token;
  }

  void addPage(int page) {
    if (pageCount == pages.length) {
      pages = Arrays.copyOf(pages, pageCount * 2);
    }
    pages[pageCount++] = page;
  }

  /** It was given pages, some of them with what is computed already. */
  void admitted() {
    computedWhenAdmitted = computed;
    admittedNs = 0;
    if (cached == NEVER) {
      cached = Math.min(computed, request.prompt().length);
    }
  }

  /** Rows of it are in a step for the first time since it was admitted, or again. */
  void handedOut(long nowNs) {
    if (admittedNs == 0) {
      admittedNs = nowNs;
    }
  }

  /** Tokens of the prompt that came from the prefix cache. */
  int cachedTokens() {
    return Math.max(0, cached);
  }

  /** Whether log-probabilities of its whole prompt are wanted, and not all reported. */
  boolean wantsPromptRows() {
    return request.sampling().promptLogprobs() && promptReported < request.prompt().length;
  }

  /** Takes back what is under way, to be handed out again. */
  void rewind() {
    scheduled = computed;
    generation++;
  }
}
