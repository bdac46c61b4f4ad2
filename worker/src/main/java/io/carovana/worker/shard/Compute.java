package io.carovana.worker.shard;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.Panels;

/**
 * Kernels cut into pieces for a thread team: each member has its own scratch, takes one panel of a
 * matrix after another, and counts a tile after every panel, so that a standstill is told from slow
 * work.
 */
final class Compute {
  /** Work in units that can be done in any order. */
  @FunctionalInterface
  interface Unit {
    /** Member {@code member} does unit {@code unit}. */
    void run(int unit, int member);
  }

  private final Kernels kernels;
  private final ThreadTeam team;
  private final KernelScratch[] scratch;
  private final WorkShares shares;
  private final ThreadTeam.Work takeUnits = this::takeUnits;
  private Unit unit = (i, member) -> {};

  Compute(Kernels kernels, ThreadTeam team, AttentionShape shape) {
    this.kernels = kernels;
    this.team = team;
    scratch = new KernelScratch[team.members()];
    shares = new WorkShares(team.members());
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new KernelScratch(shape);
    }
  }

  Kernels kernels() {
    return kernels;
  }

  ThreadTeam team() {
    return team;
  }

  KernelScratch scratch(int member) {
    return scratch[member];
  }

  /** Has the team do row-wise work; a few rows are not worth waking anyone for. */
  void rowWise(int rows, ThreadTeam.Work work) {
    if (rows < 2 * team.members()) {
      work.part(0, 1);
    } else {
      team.run(work);
    }
  }

  /** RMSNorm of rows {@code [from, to)} of {@code x} into {@code out}. */
  void normalize(
      float[] x, int from, int to, float[] weight, float eps, Activations out, int member) {
    int n = out.columns();
    for (int row = from; row < to; row++) {
      kernels.rmsNorm(x, row * n, weight, eps, out.values(), row * n, n, scratch[member]);
    }
  }

  /**
   * Has the team do {@code units} units of work, in any order, each by one member, and counts a
   * tile after each.
   */
  void shared(int units, Unit unit) {
    shares.deal(units);
    this.unit = unit;
    team.run(takeUnits);
  }

  private void takeUnits(int member, int members) {
    Unit current = unit;
    for (int i = shares.next(member); i >= 0; i = shares.next(member)) {
      current.run(i, member);
      team.tick(member);
    }
  }

  /** Multiplies rows {@code [0, rows)} by one panel. */
  void multiply(
      Panels weights, int panel, Activations x, int rows, float[] out, int stride, int member) {
    kernels.multiply(weights, panel, panel + 1, x, 0, rows, out, 0, stride, scratch[member]);
  }

  /** Multiplies by one panel of a matrix that is cut along k, up to this rank's nodes. */
  void multiplyTree(
      Panels weights,
      int panel,
      LeafProgram leaves,
      Activations x,
      int rows,
      float[] nodes,
      int member) {
    kernels.multiplyTree(
        weights, panel, panel + 1, leaves, x, 0, rows, nodes, rows, scratch[member]);
  }
}
