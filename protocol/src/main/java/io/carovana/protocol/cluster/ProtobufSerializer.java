package io.carovana.protocol.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.NotSerializableException;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Pekko's serializer for the messages of control.proto. The manifest is the message's name; only
 * names on the allow-list are read or written.
 */
public final class ProtobufSerializer extends SerializerWithStringManifest {
  private static final int IDENTIFIER = 7_250_001;

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return WireMessages.name(allowed(message));
  }

  @Override
  public byte[] toBinary(Object message) {
    return allowed(message).toByteArray();
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    Parser<? extends Message> parser = WireMessages.parser(manifest);
    if (parser == null) {
      throw new NotSerializableException("no control message is called '" + manifest + "'");
    }
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new NotSerializableException(manifest + ": " + e.getMessage());
    }
  }

  private static Message allowed(Object message) {
    if (message instanceof Message wire && WireMessages.parser(WireMessages.name(wire)) != null) {
      return wire;
    }
    throw new IllegalArgumentException(
        message.getClass().getName() + " is not a message of the control plane");
  }
}
