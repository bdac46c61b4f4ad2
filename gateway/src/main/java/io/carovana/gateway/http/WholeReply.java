package io.carovana.gateway.http;

import io.carovana.gateway.engine.Engine.Reading;
import io.carovana.gateway.generation.Sink;
import io.carovana.gateway.generation.TextDelta;
import io.carovana.gateway.generation.TextDelta.TokenText;
import io.carovana.gateway.http.Dialect.Finished;
import io.carovana.gateway.http.GenerationApi.Prepared;
import io.carovana.protocol.Failure;
import java.util.ArrayList;
import java.util.List;

/** Collects a generation and answers with one JSON object. */
final class WholeReply implements Sink {
  private final Exchange exchange;
  private final Dialect dialect;
  private final List<Collected> choices = new ArrayList<>();

  WholeReply(Exchange exchange, Prepared prepared) {
    this.exchange = exchange;
    this.dialect = prepared.dialect();
    prepared.job().choices().forEach(choice -> choices.add(new Collected()));
  }

  @Override
  public void text(int choice, TextDelta delta) {
    Collected collected = choices.get(choice);
    collected.text.append(delta.text());
    collected.tokens.addAll(delta.tokens());
  }

  @Override
  public void end(int choice, String finishReason, String logitsDigest) {
    choices.get(choice).finishReason = finishReason;
    choices.get(choice).logitsDigest = logitsDigest;
  }

  @Override
  public void progress(Reading reading) {}

  @Override
  public void done(Usage usage) {
    exchange.json(200, dialect.whole(choices.stream().map(Collected::finished).toList(), usage));
  }

  @Override
  public void failed(Failure failure) {
    exchange.error(ApiError.of(failure));
  }

  private static final class Collected {
    final StringBuilder text = new StringBuilder();
    final List<TokenText> tokens = new ArrayList<>();
    String finishReason = "";
    String logitsDigest = "";

    Finished finished() {
      return new Finished(new TextDelta(text.toString(), tokens), finishReason, logitsDigest);
    }
  }
}
