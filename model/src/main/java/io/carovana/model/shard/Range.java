package io.carovana.model.shard;

/** The half-open range {@code [start, end)}. */
public record Range(int start, int end) {
  /** Refuses a negative start or an end before the start. */
  public Range {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("not a range: [" + start + ", " + end + ")");
    }
  }

  /** Number of elements. */
  public int size() {
    return end - start;
  }

  /** Whether {@code index} lies inside. */
  public boolean contains(int index) {
    return start <= index && index < end;
  }
}
