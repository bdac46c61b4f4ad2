package io.carovana.cli.plan;

import io.carovana.model.quant.Precision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What would make an arrangement fit. Every proposal was computed like the plan itself; none is a
 * guess.
 *
 * @param forecaster the arithmetic
 * @param refused what does not fit
 * @param sizes of nodes that could be had, smallest first
 * @param keepsNodes whether those come on top of the nodes there are, or instead of them
 */
record Remedies(Forecaster forecaster, Forecast refused, List<NodeSize> sizes, boolean keepsNodes) {
  /** All there are, the least change first. */
  List<Remedy> all() {
    Arrangement asked = refused.arrangement();
    List<Arrangement> narrowing = narrowing();
    List<Remedy> remedies = new ArrayList<>(narrower(narrowing));
    recut(asked).ifPresent(remedies::add);
    if (remedies.isEmpty()) {
      narrowing.stream()
          .flatMap(narrow -> recut(narrow).stream())
          .findFirst()
          .ifPresent(remedies::add);
    }
    boolean onTheseNodes = !remedies.isEmpty();
    lessContext().ifPresent(remedies::add);
    fewerRequests().ifPresent(remedies::add);
    remedies.addAll(nodes(asked));
    if (!onTheseNodes && !narrowing.isEmpty()) {
      remedies.addAll(nodes(narrowing.getLast()));
    }
    return List.copyOf(remedies);
  }

  /**
   * The same with what is narrower than asked, widest first; only what the model can be held in.
   */
  private List<Arrangement> narrowing() {
    Arrangement asked = refused.arrangement();
    return asked.precision().narrowing().stream()
        .filter(precision -> !precision.equals(asked.precision()))
        .map(asked::withPrecision)
        .filter(forecaster::holds)
        .toList();
  }

  /** Narrower precisions; one that is narrower than another that fits is not needed. */
  private List<Remedy> narrower(List<Arrangement> narrowing) {
    List<Remedy> remedies = new ArrayList<>();
    List<Precision> fitting = new ArrayList<>();
    for (Arrangement narrow : narrowing) {
      Precision precision = narrow.precision();
      boolean needless = fitting.stream().anyMatch(wider -> wider.narrowing().contains(precision));
      Optional<Forecast> forecast = needless ? Optional.empty() : forecaster.fitting(narrow);
      if (forecast.isPresent()) {
        fitting.add(precision);
        remedies.add(new Remedy("the same nodes", forecast.get()));
      }
    }
    return remedies;
  }

  /** The same nodes in other stages, or with more for the larger ones. */
  private Optional<Remedy> recut(Arrangement arrangement) {
    return Cuts.of(arrangement, arrangement.nodes(), forecaster.model().config()).stream()
        .filter(cut -> !cut.equals(arrangement))
        .flatMap(cut -> forecaster.fitting(cut).stream())
        .map(forecast -> new Remedy("the same nodes, cut another way", forecast))
        .findFirst();
  }

  private Optional<Remedy> lessContext() {
    Arrangement asked = refused.arrangement();
    int context = forecaster.largestContext(asked);
    return context == 0 || context >= asked.demand().context()
        ? Optional.empty()
        : forecaster
            .fitting(asked.withDemand(context, asked.demand().sequences()))
            .map(forecast -> new Remedy("the longest context", forecast));
  }

  private Optional<Remedy> fewerRequests() {
    Arrangement asked = refused.arrangement();
    int sequences = forecaster.largestConcurrency(asked);
    return sequences == 0
        ? Optional.empty()
        : forecaster
            .fitting(asked.withDemand(asked.demand().context(), sequences))
            .map(forecast -> new Remedy("the most requests at once", forecast));
  }

  /** The fewest nodes of each size, up to the size of which one is enough. */
  private List<Remedy> nodes(Arrangement arrangement) {
    List<Remedy> remedies = new ArrayList<>();
    for (NodeSize size : sizes) {
      Optional<Remedy> remedy = nodes(arrangement, size);
      remedy.ifPresent(remedies::add);
      if (remedy.isPresent() && remedy.get().forecast().needs().size() == 1) {
        break;
      }
    }
    return remedies;
  }

  /** The fewest nodes of one size, in the first cut that does. */
  private Optional<Remedy> nodes(Arrangement arrangement, NodeSize size) {
    if (refused.tooManyPages()) {
      return Optional.empty();
    }
    List<NodeSize> kept = keepsNodes ? arrangement.nodes() : List.of();
    long there = kept.stream().mapToLong(NodeSize::bytes).sum();
    long missing = Math.max(1, forecaster.of(arrangement).payloadBytes() - there);
    for (long more = Math.ceilDiv(missing, size.bytes());
        kept.size() + more <= NodeSize.MAX_NODES;
        more++) {
      List<NodeSize> nodes = new ArrayList<>(kept);
      nodes.addAll(Collections.nCopies((int) more, size));
      for (Arrangement cut : Cuts.of(arrangement, nodes, forecaster.model().config())) {
        Optional<Forecast> forecast = forecaster.fitting(cut);
        if (forecast.isPresent()) {
          return Optional.of(new Remedy(words(more, size), forecast.get()));
        }
      }
    }
    return Optional.empty();
  }

  private String words(long count, NodeSize size) {
    return "%d %s%s of %s"
        .formatted(count, keepsNodes ? "more " : "", count == 1 ? "node" : "nodes", size.text());
  }
}
