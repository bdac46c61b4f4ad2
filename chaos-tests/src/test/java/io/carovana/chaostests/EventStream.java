package io.carovana.chaostests;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Server-sent events of one answer. */
final class EventStream implements AutoCloseable {
  private static final String DATA = "data: ";
  private static final String DONE = "[DONE]";
  private static final Pattern PROGRESS = Pattern.compile(": progress ([1-9]\\d*)/");

  private final int status;
  private final BufferedReader reader;
  private final StringBuilder text = new StringBuilder();
  private String digest = "";
  private String errorCode = "";
  private boolean done;

  EventStream(int status, InputStream body) {
    this.status = status;
    this.reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
  }

  int status() {
    return status;
  }

  /** The next event; empty at the end. */
  Optional<JsonNode> next() throws IOException {
    String line = reader.readLine();
    while (line != null) {
      if (line.equals(DATA + DONE)) {
        done = true;
      } else if (line.startsWith(DATA)) {
        JsonNode event = Distribution.JSON.readTree(line.substring(DATA.length()));
        text.append(event.at("/choices/0/text").asText(""));
        JsonNode found = event.at("/choices/0/logits_digest");
        digest = found.isTextual() ? found.asText() : digest;
        errorCode = event.at("/error/code").asText(errorCode);
        return Optional.of(event);
      } else if (line.startsWith("{")) {
        errorCode = Distribution.JSON.readTree(line).at("/error/code").asText(errorCode);
      }
      line = reader.readLine();
    }
    return Optional.empty();
  }

  /** How many tokens of the prompt are read, as the next comment says that any are; -1 for none. */
  int awaitProgress() throws IOException {
    String line = reader.readLine();
    while (line != null) {
      Matcher progress = PROGRESS.matcher(line);
      if (progress.lookingAt()) {
        return Integer.parseInt(progress.group(1));
      }
      line = reader.readLine();
    }
    return -1;
  }

  /** Reads on to the end, however it ends. */
  EventStream drain() {
    try {
      while (next().isPresent()) {
        // next() keeps what matters
      }
    } catch (IOException e) {
      errorCode = "connection_lost";
    }
    return this;
  }

  String text() {
    return text.toString();
  }

  String digest() {
    return digest;
  }

  /** Code of the error that ended it; empty when none did. */
  String errorCode() {
    return errorCode;
  }

  /** Whether it ended as it should. */
  boolean done() {
    return done;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
