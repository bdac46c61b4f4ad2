package io.carovana.protocol.cluster;

import com.google.protobuf.Message;

/**
 * What a worker or gateway does with its link to the coordinator. All methods are called one after
 * another, never two at once; they must return quickly.
 */
public interface CoordinatorListener {
  /**
   * The hello sent every second.
   *
   * @param replyTo this process's address for the {@code reply_to} field
   */
  Message hello(String replyTo);

  /** The goodbye sent before a clean leave. */
  Message goodbye();

  /** A coordinator answered: the first one, the same one after a loss, or another one. */
  void onConnected(String coordinatorIncarnation);

  /** No coordinator answers any more; {@code reason} in words. */
  void onLost(String reason);

  /** Any message, in the order it was sent. */
  void onMessage(Message message);
}
