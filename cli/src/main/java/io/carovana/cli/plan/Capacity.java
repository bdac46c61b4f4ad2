package io.carovana.cli.plan;

import io.carovana.model.quant.Precision;
import java.util.ArrayList;
import java.util.List;

/**
 * What the planned nodes, cut as planned, hold at most in one precision.
 *
 * @param precision the precision
 * @param context longest context with as many requests as planned, tokens; 0 if none fits
 * @param requests most requests at once with the planned context; 0 if none fits
 */
record Capacity(Precision precision, int context, int requests) {
  /** Of the precision asked for and of all narrower ones that the model can be held in. */
  static List<Capacity> of(Forecaster forecaster, Arrangement asked) {
    List<Capacity> capacities = new ArrayList<>();
    for (Precision precision : asked.precision().narrowing()) {
      Arrangement narrow = asked.withPrecision(precision);
      if (forecaster.holds(narrow)) {
        capacities.add(
            new Capacity(
                precision,
                forecaster.largestContext(narrow),
                forecaster.largestConcurrency(narrow)));
      }
    }
    return List.copyOf(capacities);
  }
}
