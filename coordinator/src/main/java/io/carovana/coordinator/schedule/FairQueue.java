package io.carovana.coordinator.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that wait to run, and whose turn it is. What had to give its pages back comes first,
 * then interactive requests, then batch ones, which get every eighth turn however many others wait.
 * Among the clients of a class it is the turn of the one that was served the least: its tokens are
 * counted, and a client that comes back after a pause starts where the others are (virtual token
 * counters, Sheng et al., arXiv 2401.00588). A client's own requests run in the order they came.
 */
final class FairQueue {
  /** A batch request has its turn after so many others. */
  private static final int TURNS_OF_OTHERS = 7;

  private static final int MANY_CLIENTS = 256;

  private static final class Client {
    final TreeMap<Long, Sequence> waiting = new TreeMap<>();
    double served;
  }

  /** The clients of one class. */
  private static final class Line {
    final Map<String, Client> clients = new HashMap<>();
    double served;

    void add(Sequence sequence) {
      if (clients.size() > MANY_CLIENTS) {
        clients.values().removeIf(client -> client.waiting.isEmpty() && client.served <= served);
      }
      Client client = clients.computeIfAbsent(sequence.request.client(), name -> new Client());
      if (client.waiting.isEmpty()) {
        client.served = Math.max(client.served, served);
      }
      client.waiting.put(sequence.number, sequence);
    }

    boolean remove(Sequence sequence) {
      Client client = clients.get(sequence.request.client());
      return client != null && client.waiting.remove(sequence.number) != null;
    }

    @Nullable Sequence next(Predicate<Sequence> ready) {
      Sequence next = null;
      double least = Double.POSITIVE_INFINITY;
      for (Client client : clients.values()) {
        Sequence own = client.served > least ? null : first(client.waiting, ready);
        boolean before =
            own != null && (next == null || client.served < least || own.number < next.number);
        if (before) {
          next = own;
          least = client.served;
        }
      }
      return next;
    }

    void charge(String name, double tokens) {
      Client client = clients.get(name);
      if (client != null) {
        client.served += tokens;
      }
    }

    void turnOf(Sequence sequence) {
      Client client = clients.get(sequence.request.client());
      served = client == null ? served : Math.max(served, client.served);
    }
  }

  private final TreeMap<Long, Sequence> givenBack = new TreeMap<>();
  private final Line interactive = new Line();
  private final Line batch = new Line();
  private int sinceBatch;
  private int size;

  int size() {
    return size;
  }

  /** All that wait; a copy, oldest first. */
  List<Sequence> all() {
    TreeMap<Long, Sequence> all = new TreeMap<>(givenBack);
    for (Line line : List.of(interactive, batch)) {
      line.clients.values().forEach(client -> all.putAll(client.waiting));
    }
    return new ArrayList<>(all.values());
  }

  /** A new request waits. */
  void add(Sequence sequence) {
    lineOf(sequence).add(sequence);
    size++;
  }

  /** A sequence that has run before waits for pages again. */
  void giveBack(Sequence sequence) {
    givenBack.put(sequence.number, sequence);
    size++;
  }

  /** The one whose turn it is among those that are {@code ready}; it stays in the queue. */
  @Nullable Sequence next(Predicate<Sequence> ready) {
    Sequence next = first(givenBack, ready);
    if (next == null && sinceBatch >= TURNS_OF_OTHERS) {
      next = batch.next(ready);
    }
    if (next == null) {
      next = interactive.next(ready);
    }
    return next == null ? batch.next(ready) : next;
  }

  /** A sequence starts to run. */
  void start(Sequence sequence) {
    Line line = lineOf(sequence);
    if (givenBack.containsKey(sequence.number)) {
      remove(sequence);
      return;
    }
    line.turnOf(sequence);
    remove(sequence);
    sinceBatch = line == batch ? 0 : sinceBatch + 1;
  }

  /** Takes a sequence out, if it waits. */
  void remove(Sequence sequence) {
    if (givenBack.remove(sequence.number) != null || lineOf(sequence).remove(sequence)) {
      size--;
    }
  }

  /** Counts tokens that were computed for a sequence's client. */
  void charge(Sequence sequence, double tokens) {
    lineOf(sequence).charge(sequence.request.client(), tokens);
  }

  private Line lineOf(Sequence sequence) {
    return sequence.request.batch() ? batch : interactive;
  }

  private static @Nullable Sequence first(
      TreeMap<Long, Sequence> waiting, Predicate<Sequence> ready) {
    for (Sequence sequence : waiting.values()) {
      if (ready.test(sequence)) {
        return sequence;
      }
    }
    return null;
  }
}
