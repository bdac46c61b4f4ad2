package io.carovana.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FairQueueTest {
  private final FairQueue queue = new FairQueue();
  private long numbers;

  @Test
  void aClientWithManyRequestsDoesNotKeepAnotherWaiting() {
    for (int i = 0; i < 10; i++) {
      add("greedy", false);
    }
    add("modest", false);
    add("modest", false);
    assertThat(clients(5, 100)).containsExactly("greedy", "modest", "greedy", "modest", "greedy");
  }

  @Test
  void longRequestsCountMore() {
    for (int i = 0; i < 6; i++) {
      add("long", false);
      add("short", false);
    }
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Sequence next = Objects.requireNonNull(queue.next(sequence -> true));
      queue.start(next);
      queue.charge(next, next.request.client().equals("long") ? 300 : 100);
      turns.add(next.request.client());
    }
    assertThat(turns).containsExactly("long", "short", "short", "short", "long", "short");
  }

  @Test
  void aClientThatComesBackHasSavedNothingUp() {
    add("old", false);
    clients(1, 10);
    for (int i = 0; i < 50; i++) {
      add("busy", false);
    }
    clients(40, 100);
    add("old", false);
    add("old", false);
    add("old", false);
    assertThat(clients(4, 100)).as("by turns, not all at once").containsSequence("old", "busy");
  }

  @Test
  void batchRequestsComeLaterButNeverLast() {
    add("night", true);
    add("night", true);
    for (int i = 0; i < 20; i++) {
      add("editor", false);
    }
    List<String> turns = clients(17, 1);
    assertThat(turns.indexOf("night")).isEqualTo(7);
    assertThat(turns.subList(8, 15)).doesNotContain("night");
    assertThat(turns.get(15)).isEqualTo("night");
  }

  @Test
  void passesOverThoseThatAreNotReadyAndPrefersThoseThatRanBefore() {
    Sequence first = add("a", false);
    Sequence second = add("a", false);
    assertThat(queue.next(sequence -> sequence != first)).isSameAs(second);
    queue.start(second);
    queue.giveBack(second);
    assertThat(queue.next(sequence -> true)).isSameAs(second);
    queue.remove(second);
    queue.remove(first);
    assertThat(queue.size()).isZero();
    assertThat(queue.next(sequence -> true)).isNull();
  }

  private Sequence add(String client, boolean batch) {
    Sequence sequence =
        new Sequence(++numbers, Requests.of("r" + numbers, new int[] {1}, 1, client, batch));
    queue.add(sequence);
    return sequence;
  }

  /** The clients of the next {@code turns} requests, each charged {@code tokens}. */
  private List<String> clients(int turns, double tokens) {
    List<String> clients = new ArrayList<>();
    for (int i = 0; i < turns; i++) {
      Sequence next = Objects.requireNonNull(queue.next(sequence -> true));
      queue.start(next);
      queue.charge(next, tokens);
      clients.add(next.request.client());
    }
    return clients;
  }
}
