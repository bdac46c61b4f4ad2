package io.carovana.transport;

/** What travels as a message of bytes between the coordinator and a rank. */
public enum MessageKind {
  /** A step plan, to a rank. */
  PLAN(Frame.Kind.PLAN),
  /** An order to abort a step, to a rank. */
  ABORT(Frame.Kind.ABORT),
  /** A step's result, to the coordinator. */
  RESULT(Frame.Kind.RESULT),
  /** A progress report, to the coordinator; written by a thread of its own. */
  PROGRESS(Frame.Kind.PROGRESS);

  private static final MessageKind[] ALL = values();

  private final Frame.Kind frameKind;

  MessageKind(Frame.Kind frameKind) {
    this.frameKind = frameKind;
  }

  Frame.Kind frameKind() {
    return frameKind;
  }

  static MessageKind of(Frame.Kind frameKind) {
    for (MessageKind kind : ALL) {
      if (kind.frameKind == frameKind) {
        return kind;
      }
    }
    throw new IllegalArgumentException(frameKind + " is no message");
  }
}
