package io.carovana.transport;

import java.nio.FloatBuffer;

/**
 * A block of floats inside an array, {@code [runs][run]} with a stride between runs, that travels
 * as a sequence of frames. Reused from operation to operation.
 */
final class Block {
  private float[] array = new float[0];
  private int offset;
  private int run;
  private int stride;
  private int total;
  private int frames;
  private int moved;

  /** Nothing to move. */
  void none() {
    frames = 0;
    moved = 0;
  }

  /** A contiguous block; at least one frame travels, even if it is empty. */
  void contiguous(float[] array, int offset, int length) {
    strided(array, offset, 1, length, length);
  }

  void strided(float[] array, int offset, int runs, int run, int stride) {
    this.array = array;
    this.offset = offset;
    this.run = run;
    this.stride = stride;
    this.total = Math.multiplyExact(runs, run);
    this.frames = Math.max(1, Math.ceilDiv(total, Frame.MAX_PAYLOAD_FLOATS));
    this.moved = 0;
  }

  boolean done() {
    return moved == frames;
  }

  int total() {
    return total;
  }

  /** Number of the next frame. */
  int next() {
    return moved;
  }

  /** Floats in the next frame. */
  int nextLength() {
    return Math.min(Frame.MAX_PAYLOAD_FLOATS, total - moved * Frame.MAX_PAYLOAD_FLOATS);
  }

  /** Copies the next frame's floats to {@code [0, nextLength())} of a payload. */
  void copyTo(FloatBuffer payload) {
    int position = moved * Frame.MAX_PAYLOAD_FLOATS;
    int end = position + nextLength();
    for (int at = 0; position < end; ) {
      int length = Math.min(run - position % run, end - position);
      payload.put(at, array, index(position), length);
      at += length;
      position += length;
    }
    moved++;
  }

  /** Takes the next frame's floats from {@code [0, nextLength())} of a payload. */
  void copyFrom(FloatBuffer payload) {
    int position = moved * Frame.MAX_PAYLOAD_FLOATS;
    int end = position + nextLength();
    for (int at = 0; position < end; ) {
      int length = Math.min(run - position % run, end - position);
      payload.get(at, array, index(position), length);
      at += length;
      position += length;
    }
    moved++;
  }

  private int index(int position) {
    return offset + position / run * stride + position % run;
  }
}
