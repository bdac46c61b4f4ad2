package io.carovana.model.tokenizer;

import java.util.Arrays;

/** A growing list of ids without boxes. */
final class IdList {
  private int[] ids;
  private int size;

  IdList(int expected) {
    ids = new int[Math.max(8, expected)];
  }

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, Math.addExact(size, size));
    }
    ids[size++] = id;
  }

  int size() {
    return size;
  }

  int last() {
    return ids[size - 1];
  }

  int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}
