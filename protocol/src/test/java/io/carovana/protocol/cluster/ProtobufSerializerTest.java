package io.carovana.protocol.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.carovana.protocol.v1.Assign;
import io.carovana.protocol.v1.FailureInfo;
import io.carovana.protocol.v1.Submit;
import java.io.NotSerializableException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProtobufSerializerTest {
  private final ProtobufSerializer serializer = new ProtobufSerializer();

  @Test
  void readsBackWhatItWrote() throws Exception {
    Submit submit = Submit.newBuilder().setRequestId("r1").addPrompt(1).addPrompt(31_999).build();

    Object read = serializer.fromBinary(serializer.toBinary(submit), serializer.manifest(submit));

    assertThat(read).isEqualTo(submit);
  }

  @Test
  void allowsExactlyTheMessagesThatAreNoPartOfAnother() {
    List<Descriptor> all = Submit.getDescriptor().getFile().getMessageTypes();
    Set<String> parts = new HashSet<>();
    for (Descriptor message : all) {
      message.getFields().stream()
          .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
          .forEach(field -> parts.add(field.getMessageType().getName()));
    }
    // Sent alone by a loading worker, and as part of the state pushed to gateways.
    parts.remove("LoadProgress");

    for (Descriptor message : all) {
      assertThat(WireMessages.parser(message.getName()) != null)
          .as(message.getName())
          .isEqualTo(!parts.contains(message.getName()));
    }
  }

  @Test
  void refusesNamesThatAreNotOnTheList() {
    assertThatThrownBy(() -> serializer.fromBinary(new byte[0], "java.util.HashMap"))
        .isInstanceOf(NotSerializableException.class)
        .hasMessageContaining("java.util.HashMap");
    assertThatThrownBy(() -> serializer.toBinary(FailureInfo.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> serializer.manifest("text"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesBytesThatAreNoMessage() {
    byte[] truncated = {10, 127, 1};

    assertThatThrownBy(() -> serializer.fromBinary(truncated, Assign.getDescriptor().getName()))
        .isInstanceOf(NotSerializableException.class)
        .hasMessageContaining("Assign");
  }
}
