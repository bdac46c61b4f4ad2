package io.carovana.gateway.generation;

import io.carovana.gateway.engine.Engine;
import io.carovana.gateway.generation.Sink.Guesses;
import io.carovana.gateway.generation.Sink.Usage;
import io.carovana.protocol.Failure;
import io.carovana.protocol.v1.Token;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * One HTTP request at work: submits its choices, hands their text to a sink, and ends exactly once:
 * done, failed (which cancels what still runs) or cancelled. Confined to one thread, the
 * executor's.
 */
public final class Generation {
  private final Engine engine;
  private final Job job;
  private final Executor thread;
  private final Sink sink;
  private final List<ChoiceRun> runs = new ArrayList<>();
  private final PromptReading reading;
  private int open;
  private boolean ended;

  /**
   * @param thread runs one task at a time, in order; everything here happens on it
   */
  public Generation(Engine engine, Job job, Executor thread, Sink sink) {
    this.engine = engine;
    this.job = job;
    this.thread = thread;
    this.sink = sink;
    this.reading = new PromptReading(job.choices());
  }

  /** Submits all choices. */
  public void start() {
    open = job.choices().size();
    for (int i = 0; i < job.choices().size() && !ended; i++) {
      ChoiceRun run = new ChoiceRun(i, job.choices().get(i));
      runs.add(run);
      run.running = engine.submit(job.choices().get(i).request(), run);
    }
  }

  /** Stops everything; the sink hears nothing more. */
  public void cancel(String reason) {
    if (!ended) {
      ended = true;
      runs.forEach(run -> run.cancel(reason));
    }
  }

  /** Ends everything with a failure of the gateway's own, such as a deadline. */
  public void fail(Failure failure) {
    if (!ended) {
      cancel(failure.message());
      sink.failed(failure);
    }
  }

  /** Whether it ended, in whatever way. */
  public boolean ended() {
    return ended;
  }

  private void choiceEnded() {
    open--;
    if (open == 0) {
      ended = true;
      sink.done(usage());
    }
  }

  private Usage usage() {
    int completion = runs.stream().mapToInt(run -> run.text.tokens()).sum();
    int guessed = runs.stream().mapToInt(run -> run.guessed).sum();
    int held = runs.stream().mapToInt(run -> run.guessesHeld).sum();
    return new Usage(
        job.promptTokens(), reading.cachedTokens(), completion, new Guesses(held, guessed - held));
  }

  /** One choice; the engine's calls hop to the generation's thread. */
  private final class ChoiceRun implements Engine.Listener {
    private final int index;
    private final Job.Choice choice;
    private final ChoiceText text;
    private final List<Token> prompt = new ArrayList<>();
    private Engine.Running running = reason -> {};
    private int guessed;
    private int guessesHeld;
    private boolean begun;
    private boolean over;

    ChoiceRun(int index, Job.Choice choice) {
      this.index = index;
      this.choice = choice;
      this.text = new ChoiceText(choice.decoder(), job.stops(), choice.echo().codePoints());
    }

    @Override
    public void tokens(List<Token> tokens, List<Token> promptTokens) {
      thread.execute(() -> onTokens(tokens, promptTokens));
    }

    @Override
    public void progress(Engine.Reading read) {
      thread.execute(
          () -> {
            if (!ended && !over && reading.progress(index, read)) {
              sink.progress(reading.now());
            }
          });
    }

    @Override
    public void finished(Engine.End end) {
      thread.execute(() -> onFinished(end));
    }

    @Override
    public void failed(Failure failure) {
      thread.execute(
          () -> {
            if (!over) {
              over = true;
              fail(failure);
            }
          });
    }

    void cancel(String reason) {
      if (!over) {
        over = true;
        running.cancel(reason);
      }
    }

    private void onTokens(List<Token> tokens, List<Token> promptTokens) {
      prompt.addAll(promptTokens);
      for (int i = 0; i < tokens.size() && !ended && !over; i++) {
        begin();
        emit(text.accept(tokens.get(i)));
        if (text.stopped()) {
          cancel("stop string");
          end("stop", "");
        }
      }
    }

    private void onFinished(Engine.End end) {
      if (ended || over) {
        return;
      }
      over = true;
      reading.cached(index, end.cachedTokens());
      guessed = end.guessedTokens();
      guessesHeld = end.guessesHeld();
      begin();
      emit(text.finish());
      boolean cut = text.stopped();
      String digest = cut ? "" : HexFormat.of().formatHex(end.logitsDigest());
      end(end.stopped() || cut ? "stop" : "length", digest);
    }

    private void begin() {
      if (!begun) {
        begun = true;
        emit(choice.echo().delta(choice.request().prompt(), prompt));
        prompt.clear();
      }
    }

    private void emit(TextDelta delta) {
      if (!delta.isEmpty()) {
        sink.text(index, delta);
      }
    }

    private void end(String reason, String digest) {
      sink.end(index, reason, digest);
      choiceEnded();
    }
  }
}
