package io.carovana.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carovana.gateway.generation.Sink.Usage;
import io.carovana.gateway.generation.TextDelta;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shape of one API's answers: what differs between completions and chats. */
abstract class Dialect {
  private final AnswerHead head;
  private final String wholeObject;
  private final String chunkObject;

  Dialect(AnswerHead head, String wholeObject, String chunkObject) {
    this.head = head;
    this.wholeObject = wholeObject;
    this.chunkObject = chunkObject;
  }

  /** One finished choice of a whole answer. */
  record Finished(TextDelta content, String finishReason, String logitsDigest) {}

  /** The name answers go by. */
  String id() {
    return head.id();
  }

  /** The chunk that opens a choice's stream; null where the API has none. */
  final @Nullable ObjectNode opening(int choice) {
    ObjectNode root = head.begin(chunkObject);
    return putOpening(putChoice(root, choice)) ? root : null;
  }

  final ObjectNode chunk(int choice, TextDelta delta) {
    ObjectNode root = head.begin(chunkObject);
    ObjectNode node = putChoice(root, choice);
    putDelta(node, delta);
    node.putNull("finish_reason");
    return root;
  }

  final ObjectNode lastChunk(int choice, String finishReason, String logitsDigest) {
    ObjectNode root = head.begin(chunkObject);
    ObjectNode node = putChoice(root, choice);
    putEmptyDelta(node);
    putEnd(node, finishReason, logitsDigest);
    return root;
  }

  final ObjectNode usageChunk(Usage usage) {
    ObjectNode root = head.begin(chunkObject);
    root.putArray("choices");
    AnswerHead.putUsage(root, usage);
    return root;
  }

  final ObjectNode whole(List<Finished> choices, Usage usage) {
    ObjectNode root = head.begin(wholeObject);
    ArrayNode array = root.putArray("choices");
    for (int i = 0; i < choices.size(); i++) {
      Finished choice = choices.get(i);
      ObjectNode node = array.addObject().put("index", i);
      putWhole(node, choice.content());
      putEnd(node, choice.finishReason(), choice.logitsDigest());
    }
    AnswerHead.putUsage(root, usage);
    return root;
  }

  /** Returns whether this API opens streams with a chunk. */
  abstract boolean putOpening(ObjectNode choice);

  abstract void putDelta(ObjectNode choice, TextDelta delta);

  abstract void putEmptyDelta(ObjectNode choice);

  abstract void putWhole(ObjectNode choice, TextDelta content);

  private static ObjectNode putChoice(ObjectNode root, int choice) {
    return root.putArray("choices").addObject().put("index", choice);
  }

  private static void putEnd(ObjectNode choice, String finishReason, String logitsDigest) {
    choice.put("finish_reason", finishReason);
    if (!logitsDigest.isEmpty()) {
      choice.put("logits_digest", logitsDigest);
    }
  }
}
