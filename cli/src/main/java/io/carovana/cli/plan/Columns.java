package io.carovana.cli.plan;

import java.util.ArrayList;
import java.util.List;

/** A table for people: every column as wide as its widest cell, numbers to the right. */
final class Columns {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();
  private final int leftAligned;

  /** A table whose first {@code leftAligned} columns are words. */
  Columns(int leftAligned) {
    this.leftAligned = leftAligned;
  }

  /** Adds a row; all rows have as many cells. */
  Columns row(List<String> cells) {
    rows.add(List.copyOf(cells));
    return this;
  }

  /** All rows, each with its line end. */
  String text(String indent) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(indent);
      for (int column = 0; column < row.size(); column++) {
        String padding = " ".repeat(width(column) - row.get(column).length());
        line.append(column == 0 ? "" : GAP)
            .append(column < leftAligned ? "" : padding)
            .append(row.get(column))
            .append(column < leftAligned ? padding : "");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
