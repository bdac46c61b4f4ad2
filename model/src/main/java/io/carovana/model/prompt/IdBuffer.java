package io.carovana.model.prompt;

import java.util.stream.IntStream;

/** Ids put together from parts. */
final class IdBuffer {
  private final IntStream.Builder ids = IntStream.builder();

  IdBuffer add(int... more) {
    for (int id : more) {
      ids.add(id);
    }
    return this;
  }

  /** Call once, at the end. */
  int[] toArray() {
    return ids.build().toArray();
  }
}
