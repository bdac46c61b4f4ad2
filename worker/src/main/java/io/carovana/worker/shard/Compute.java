package io.carovana.worker.shard;

import io.carovana.worker.kernels.Activations;
import io.carovana.worker.kernels.AttentionShape;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.Kernels;
import io.carovana.worker.kernels.LeafProgram;
import io.carovana.worker.kernels.Panels;

/**
 * Kernels cut into pieces for a thread team: each member has its own scratch and a fixed share of a
 * matrix's panels, and counts a tile after every panel, so that a standstill is told from slow
 * work. The members take turns at the panels, so that together they read one stretch of memory.
 */
final class Compute {
  private final Kernels kernels;
  private final ThreadTeam team;
  private final KernelScratch[] scratch;

  Compute(Kernels kernels, ThreadTeam team, AttentionShape shape) {
    this.kernels = kernels;
    this.team = team;
    scratch = new KernelScratch[team.members()];
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

  /** Multiplies rows {@code [0, rows)} by this member's panels. */
  void multiply(
      Panels weights, Activations x, int rows, float[] out, int stride, int member, int of) {
    for (int row = 0; row < rows; row += KernelScratch.TILE_ROWS) {
      int rowTo = Math.min(rows, row + KernelScratch.TILE_ROWS);
      for (int panel = member; panel < weights.count(); panel += of) {
        kernels.multiply(weights, panel, panel + 1, x, row, rowTo, out, 0, stride, scratch[member]);
        team.tick(member);
      }
    }
  }

  /** Multiplies a matrix that is cut along k, up to this rank's nodes {@code [nodes][rows][n]}. */
  void multiplyTree(
      Panels weights,
      LeafProgram leaves,
      Activations x,
      int rows,
      float[] nodes,
      int member,
      int of) {
    for (int row = 0; row < rows; row += KernelScratch.TILE_ROWS) {
      int rowTo = Math.min(rows, row + KernelScratch.TILE_ROWS);
      for (int panel = member; panel < weights.count(); panel += of) {
        kernels.multiplyTree(
            weights, panel, panel + 1, leaves, x, row, rowTo, nodes, rows, scratch[member]);
        team.tick(member);
      }
    }
  }
}
