package io.carovana.gateway.http;

import io.carovana.gateway.engine.Engine.Reading;
import io.carovana.gateway.generation.Sink;
import io.carovana.gateway.generation.TextDelta;
import io.carovana.protocol.Failure;
import java.util.function.Consumer;

/** Takes the times of a generation on its way to the reply. */
final class MeasuredSink implements Sink {
  private final Sink next;
  private final Metrics metrics;
  private final String api;
  private final long startNs;
  private long lastTextNs;
  private boolean anyText;
  private boolean over;
  private Consumer<String> whenOver = outcome -> {};
  private Runnable whenReadOn = () -> {};

  MeasuredSink(Sink next, Metrics metrics, String api) {
    this.next = next;
    this.metrics = metrics;
    this.api = api;
    this.startNs = System.nanoTime();
  }

  /** What to do whenever more of the prompts has been read. */
  void whenReadOn(Runnable whenReadOn) {
    this.whenReadOn = whenReadOn;
  }

  /** What to do once with the outcome. */
  void whenOver(Consumer<String> whenOver) {
    this.whenOver = whenOver;
  }

  @Override
  public void text(int choice, TextDelta delta) {
    long now = System.nanoTime();
    if (anyText) {
      metrics.betweenTexts(now - lastTextNs);
    } else {
      metrics.firstText(now - startNs);
    }
    anyText = true;
    lastTextNs = now;
    next.text(choice, delta);
  }

  @Override
  public void end(int choice, String finishReason, String logitsDigest) {
    next.end(choice, finishReason, logitsDigest);
  }

  @Override
  public void progress(Reading reading) {
    whenReadOn.run();
    next.progress(reading);
  }

  @Override
  public void done(Usage usage) {
    metrics.tokens(usage);
    over("ok");
    next.done(usage);
  }

  @Override
  public void failed(Failure failure) {
    over(failure.code());
    next.failed(failure);
  }

  /** The client went away. */
  void cancelled() {
    over("cancelled");
  }

  private void over(String outcome) {
    if (!over) {
      over = true;
      metrics.requestTook(System.nanoTime() - startNs);
      metrics.ended(api, outcome);
      whenOver.accept(outcome);
    }
  }
}
