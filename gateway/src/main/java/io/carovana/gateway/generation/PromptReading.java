package io.carovana.gateway.generation;

import io.carovana.gateway.engine.Engine.Reading;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How far the prompts of one request have been read, and what came from the prefix cache. The
 * choices of a prompt each read it; it counts once, as in {@link Sink.Usage}: as read as far as by
 * the choice that has read most, since its text begins then, and as cached only as far as none of
 * them had to read it.
 */
final class PromptReading {
  private static final int NOTHING = -1;

  private final List<Job.Choice> choices;
  private final List<Reading> readings = new ArrayList<>();
  private final int[] cached; // [choice] → cached prompt tokens, NOTHING until told

  /** Nothing has been read. */
  PromptReading(List<Job.Choice> choices) {
    this.choices = choices;
    this.cached = new int[choices.size()];
    Arrays.fill(cached, NOTHING);
    for (Job.Choice choice : choices) {
      readings.add(new Reading(NOTHING, length(choice), 0, Reading.UNKNOWN));
    }
  }

  /**
   * A choice tells how far it is. Returns whether that is further than ever: a request that lost
   * its KV pages begins again, which is no progress.
   */
  boolean progress(int choice, Reading reading) {
    cached(choice, reading.cached());
    if (reading.done() <= readings.get(choice).done()) {
      return false;
    }
    readings.set(choice, reading);
    return true;
  }

  /** A choice tells how much of its prompt it did not have to read. */
  void cached(int choice, int tokens) {
    cached[choice] = Math.clamp(tokens, 0, length(choices.get(choice)));
  }

  /** All prompts together; the time left is unknown if it is for one of them. */
  Reading now() {
    int done = 0;
    int total = 0;
    int fromCache = 0;
    long leftMs = 0;
    boolean known = true;
    for (int i = 0; i < choices.size(); ) {
      Reading furthest = readings.get(i);
      int prompt = choices.get(i).prompt();
      for (; i < choices.size() && choices.get(i).prompt() == prompt; i++) {
        furthest = readings.get(i).done() > furthest.done() ? readings.get(i) : furthest;
      }
      done += Math.max(0, furthest.done());
      total += furthest.total();
      fromCache += furthest.cached();
      if (furthest.done() < furthest.total()) {
        known &= furthest.leftMs() > 0;
        leftMs = Math.max(leftMs, furthest.leftMs());
      }
    }
    return new Reading(done, total, fromCache, known ? leftMs : Reading.UNKNOWN);
  }

  /** Prompt tokens that came from the prefix cache, at most those of all prompts. */
  int cachedTokens() {
    int sum = 0;
    for (int i = 0; i < choices.size(); ) {
      int prompt = choices.get(i).prompt();
      int least = Integer.MAX_VALUE;
      for (; i < choices.size() && choices.get(i).prompt() == prompt; i++) {
        least = cached[i] == NOTHING ? least : Math.min(least, cached[i]);
      }
      sum += least == Integer.MAX_VALUE ? 0 : least;
    }
    return sum;
  }

  private static int length(Job.Choice choice) {
    return choice.request().prompt().length;
  }
}
