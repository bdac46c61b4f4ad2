package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.protocol.step.SequenceResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes down what clients would see, and objects to what they must never see. */
final class Journal implements RequestEvents {
  final Map<String, List<Integer>> tokens = new HashMap<>();
  final Map<String, List<Integer>> promptPositions = new HashMap<>();
  final Map<String, Ending> endings = new HashMap<>();

  List<Integer> tokensOf(String id) {
    return tokens.getOrDefault(id, List.of());
  }

  @Override
  public void onToken(Request request, int index, SequenceResult result) {
    assertThat(endings).as("a token after the end").doesNotContainKey(request.id());
    List<Integer> sofar = tokens.computeIfAbsent(request.id(), id -> new ArrayList<>());
    assertThat(index).isEqualTo(request.emitted().length + sofar.size());
    sofar.add(result.token);
  }

  @Override
  public void onPromptRows(
      Request request, int position, int firstRow, int rows, SequenceResult result) {
    List<Integer> sofar = promptPositions.computeIfAbsent(request.id(), id -> new ArrayList<>());
    for (int i = 0; i < rows; i++) {
      // The fake engine reports minus the position of the token that a row predicts.
      assertThat(result.promptLogprobs[firstRow + i]).isEqualTo(-(position + i));
      assertThat(position + i).isEqualTo(sofar.size() + 1);
      sofar.add(position + i);
    }
  }

  @Override
  public void onProgress(Request request, int done, int cached, long leftMs) {
    assertThat(done).isBetween(1, request.prompt().length);
    assertThat(cached).isBetween(0, done);
    assertThat(leftMs).isGreaterThanOrEqualTo(-1);
  }

  @Override
  public void onEnd(Request request, Ending ending) {
    assertThat(endings.put(request.id(), ending)).as("ends of " + request.id()).isNull();
  }
}
