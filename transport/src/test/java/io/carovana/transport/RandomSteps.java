package io.carovana.transport;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A random program of operations, nested steps included, that every rank can derive from a seed.
 */
final class RandomSteps {
  private static final int OPERATIONS = 60;

  private RandomSteps() {}

  /** Pauses of up to a millisecond here and there, different on every rank. */
  static Runnable pauses() {
    Random random = new Random();
    return () -> {
      if (random.nextInt(8) == 0) {
        LockSupport.parkNanos(random.nextInt(1_000_000));
      }
    };
  }

  /** Runs the program; returns what this rank got from each operation. */
  static List<float[]> run(RankLinks links, long seed, Runnable pause) {
    Random random = new Random(seed);
    List<float[]> results = new ArrayList<>();
    long step = 1;
    boolean nested = false;
    links.beginStep(step);
    for (int i = 0; i < OPERATIONS; i++) {
      pause.run();
      if (random.nextInt(6) == 0) {
        if (nested) {
          links.endStep();
        } else {
          links.beginStep(++step);
        }
        nested = !nested;
      }
      Operation operation = new Operation(links.tpSize(), random);
      results.add(operation.run(links));
    }
    if (nested) {
      links.endStep();
    }
    links.endStep();
    return results;
  }

  /** What every rank must get. */
  static List<List<float[]>> expected(int ranks, long seed) {
    Random random = new Random(seed);
    List<List<float[]>> all = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      all.add(new ArrayList<>());
    }
    for (int i = 0; i < OPERATIONS; i++) {
      random.nextInt(6);
      Operation operation = new Operation(ranks, random);
      for (int rank = 0; rank < ranks; rank++) {
        all.get(rank).add(operation.expected(rank));
      }
    }
    return all;
  }

  /** One operation: its kind, its shape and every rank's input. */
  private static final class Operation {
    final int kind;
    final int count;
    final int width;
    final int[] owner;
    final int[] widths;
    final TreeProgram program;
    final float[][] inputs;

    Operation(int ranks, Random random) {
      kind = random.nextInt(3);
      count = 1 + random.nextInt(40);
      width = 1 + random.nextInt(1000);
      owner = random.ints(count, 0, ranks).toArray();
      widths = random.ints(ranks, 1, 2000).toArray();
      program = Trees.random(random.ints(ranks, 1, 4).toArray(), random);
      inputs = new float[ranks][];
      for (int rank = 0; rank < ranks; rank++) {
        int floats =
            switch (kind) {
              case 0 -> program.nodesPerRank()[rank] * count * width;
              case 1 -> count * width;
              default -> count * widths[rank];
            };
        inputs[rank] = Trees.values(floats, random);
      }
    }

    float[] run(RankLinks links) {
      float[] input = inputs[links.tpRank()];
      switch (kind) {
        case 0 -> {
          float[] out = new float[count * width];
          links.allReduce(program, input, out, out.length, 0);
          return out;
        }
        case 1 -> {
          float[] rows = input.clone();
          links.exchangeRows(rows, count, width, owner);
          return rows;
        }
        default -> {
          float[] full = new float[links.tpRank() == 0 ? count * Arrays.stream(widths).sum() : 0];
          links.gatherColumns(input, count, widths, full);
          return full;
        }
      }
    }

    float[] expected(int rank) {
      return switch (kind) {
        case 0 -> Trees.evaluate(program, inputs, count * width);
        case 1 -> {
          float[] rows = new float[count * width];
          for (int i = 0; i < rows.length; i++) {
            rows[i] = inputs[owner[i / width]][i];
          }
          yield rows;
        }
        default -> rank == 0 ? columns() : new float[0];
      };
    }

    private float[] columns() {
      int total = Arrays.stream(widths).sum();
      float[] full = new float[count * total];
      int column = 0;
      for (int rank = 0; rank < widths.length; rank++) {
        for (int row = 0; row < count; row++) {
          System.arraycopy(
              inputs[rank], row * widths[rank], full, row * total + column, widths[rank]);
        }
        column += widths[rank];
      }
      return full;
    }
  }
}
