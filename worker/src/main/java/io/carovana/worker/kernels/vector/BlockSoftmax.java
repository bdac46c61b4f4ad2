package io.carovana.worker.kernels.vector;

import static io.carovana.worker.kernels.vector.Lanes.F;
import static io.carovana.worker.kernels.vector.Lanes.FLOATS;

import io.carovana.model.Numerics;
import io.carovana.worker.kernels.ExpPolynomial;
import io.carovana.worker.kernels.KernelScratch;
import io.carovana.worker.kernels.NonFiniteException;
import io.carovana.worker.kernels.ScalarKernels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does with a tile's scores, whatever they were computed from (rules 6 and 7). Query
 * i is row {@code i / group}, head {@code i % group}.
 */
final class BlockSoftmax {
  static final int BLOCK = Numerics.ATTENTION_BLOCK;

  private static final int TAIL = 16;
  private static final int SIGN = 31;
  private static final int MAGNITUDE = 0x7fffffff;

  private BlockSoftmax() {}

  /** Keys of the block that a query sees; {@code position} is row 0's, relative to the block. */
  static int visible(int position, int query, int group) {
    return Math.min(BLOCK, position + query / group + 1);
  }

  /** {@code keys} rounded up to whole strides of the sum. */
  static int padded(int keys) {
    return Math.ceilDiv(keys, ScalarKernels.STRIDED) * ScalarKernels.STRIDED;
  }

  /**
   * Turns a query's scores into exp(score - max). Keys that it does not see become negative
   * infinity, whose exponential is a zero that is added to sums but never multiplied.
   */
  static void probabilities(KernelScratch scratch, int query, int keys) {
    float[] scores = scratch.scores();
    int at = query * BLOCK;
    int end = at + padded(keys);
    Arrays.fill(scores, at + keys, end, Float.NEGATIVE_INFINITY);
    float max = maximum(scores, at, end);
    Exponentials.expMinus(scores, at, end - at, max);
    scratch.blockMaxima()[query] = max;
    scratch.blockSums()[query] = sum(scores, at, end, scratch.strided());
  }

  private static float maximum(float[] scores, int at, int end) {
    FloatVector a = FloatVector.fromArray(FLOATS, scores, at);
    FloatVector b = FloatVector.fromArray(FLOATS, scores, at + F);
    for (int i = at + 2 * F; i < end; i += 2 * F) {
      a = a.max(FloatVector.fromArray(FLOATS, scores, i));
      b = b.max(FloatVector.fromArray(FLOATS, scores, i + F));
    }
    // Whole numbers that order as the floats do; lanes of floats are never reduced.
    IntVector bits = a.max(b).reinterpretAsInts();
    IntVector ordered = bits.lanewise(VectorOperators.ASHR, SIGN).and(MAGNITUDE);
    int largest = ordered.lanewise(VectorOperators.XOR, bits).reduceLanes(VectorOperators.MAX);
    return Float.intBitsToFloat(largest >> SIGN & MAGNITUDE ^ largest);
  }

  /** The 64 accumulators of rule 6 and their tree. */
  private static float sum(float[] p, int at, int end, float[] strided) {
    for (int lane = 0; lane < ScalarKernels.STRIDED; lane += F) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = at + lane; i < end; i += ScalarKernels.STRIDED) {
        sum = sum.add(FloatVector.fromArray(FLOATS, p, i));
      }
      sum.intoArray(strided, lane);
    }
    for (int half = ScalarKernels.STRIDED / 2; half >= TAIL; half /= 2) {
      for (int i = 0; i < half; i += F) {
        FloatVector.fromArray(FLOATS, strided, i)
            .add(FloatVector.fromArray(FLOATS, strided, i + half))
            .intoArray(strided, i);
      }
    }
    return tail(strided);
  }

  /** The tree's last sixteen, in registers: loops this short cost more than what they do. */
  private static float tail(float[] x) {
    float a = x[0] + x[8];
    float b = x[1] + x[9];
    float c = x[2] + x[10];
    float d = x[3] + x[11];
    float e = x[4] + x[12];
    float f = x[5] + x[13];
    float g = x[6] + x[14];
    float h = x[7] + x[15];
    return a + e + (c + g) + (b + f + (d + h));
  }

  /** Merges a block into what came before it. */
  static void merge(KernelScratch scratch, int query, int headDim, boolean first) {
    float max = scratch.blockMaxima()[query];
    float sum = scratch.blockSums()[query];
    float[] o = scratch.blockOut();
    float[] running = scratch.runningOut();
    int at = query * headDim;
    if (first) {
      System.arraycopy(o, at, running, at, headDim);
      scratch.maxima()[query] = max;
      scratch.sums()[query] = sum;
      return;
    }
    float newMax = Math.max(scratch.maxima()[query], max);
    float a = ExpPolynomial.exp(scratch.maxima()[query] - newMax);
    float b = ExpPolynomial.exp(max - newMax);
    for (int d = at; d < at + headDim; d++) {
      running[d] = Math.fma(o[d], b, running[d] * a);
    }
    scratch.sums()[query] = Math.fma(sum, b, scratch.sums()[query] * a);
    scratch.maxima()[query] = newMax;
  }

  /** A query's output. */
  static void divide(KernelScratch scratch, int query, int headDim, float[] out, int outAt) {
    float[] running = scratch.runningOut();
    float sum = scratch.sums()[query];
    boolean finite = true;
    for (int d = 0; d < headDim; d++) {
      float value = running[query * headDim + d] / sum;
      finite &= Float.isFinite(value);
      out[outAt + d] = value;
    }
    if (!finite) {
      throw new NonFiniteException("attention");
    }
  }
}
