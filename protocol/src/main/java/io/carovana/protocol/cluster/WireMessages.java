package io.carovana.protocol.cluster;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.Cancel;
import io.carovana.protocol.v1.ClusterState;
import io.carovana.protocol.v1.Finished;
import io.carovana.protocol.v1.GatewayGoodbye;
import io.carovana.protocol.v1.GatewayHello;
import io.carovana.protocol.v1.HelloAck;
import io.carovana.protocol.v1.LoadProgress;
import io.carovana.protocol.v1.Progress;
import io.carovana.protocol.v1.Retire;
import io.carovana.protocol.v1.ShardReady;
import io.carovana.protocol.v1.ShardRefused;
import io.carovana.protocol.v1.Submit;
import io.carovana.protocol.v1.Tokens;
import io.carovana.protocol.v1.WorkerGoodbye;
import io.carovana.protocol.v1.WorkerHello;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The messages that may travel between actors; anything else is refused on both sides. */
final class WireMessages {
  private static final Map<String, Parser<? extends Message>> PARSERS =
      List.<Message>of(
              WorkerHello.getDefaultInstance(),
              WorkerGoodbye.getDefaultInstance(),
              Assign.getDefaultInstance(),
              Retire.getDefaultInstance(),
              LoadProgress.getDefaultInstance(),
              ShardReady.getDefaultInstance(),
              ShardRefused.getDefaultInstance(),
              HelloAck.getDefaultInstance(),
              GatewayHello.getDefaultInstance(),
              GatewayGoodbye.getDefaultInstance(),
              ClusterState.getDefaultInstance(),
              Submit.getDefaultInstance(),
              Cancel.getDefaultInstance(),
              Tokens.getDefaultInstance(),
              Progress.getDefaultInstance(),
              Finished.getDefaultInstance())
          .stream()
          .collect(
              Collectors.toUnmodifiableMap(
                  WireMessages::name,
                  Function.<Message>identity().andThen(Message::getParserForType)));

  private WireMessages() {}

  /** The name a message travels under. */
  static String name(Message message) {
    return message.getDescriptorForType().getName();
  }

  /** The parser of messages called {@code name}; null when they are not allowed. */
  static @Nullable Parser<? extends Message> parser(String name) {
    return PARSERS.get(name);
  }
}
