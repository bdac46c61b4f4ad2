package io.carovana.transport;

/**
 * What a rank needs of its peers during a step. All methods are called by the rank's one engine
 * thread, in the same order on every rank of a stage; they return when the exchange is complete and
 * throw {@link LinkException} when it never will be (epoch over, peer gone, shutdown). While they
 * wait they offer and poll, and never block in either. Nothing is allocated per call.
 */
public interface RankLinks {
  /** This rank's number within its stage. */
  int tpRank();

  /** Ranks of this stage. */
  int tpSize();

  /** Begins step {@code step}; steps nest when an urgent one runs between two layers of another. */
  void beginStep(long step);

  /** Ends the innermost step. */
  void endStep();

  /**
   * Sums partial sums over all ranks of the stage.
   *
   * @param program how to finish the sum
   * @param nodes this rank's partial sums, {@code [nodesPerRank[tpRank]][elements]}
   * @param out the sum, {@code [elements]}
   * @param control this rank's control word
   * @return the elementwise maximum of all ranks' control words
   */
  long allReduce(TreeProgram program, float[] nodes, float[] out, int elements, long control);

  /**
   * Fills in rows that other ranks own.
   *
   * @param rows {@code [count][width]}; on entry this rank's own rows are set, on return all are
   * @param owner {@code [count]}: tensor-parallel rank that owns each row
   */
  void exchangeRows(float[] rows, int count, int width, int[] owner);

  /**
   * Gathers column blocks on tensor-parallel rank 0.
   *
   * @param local this rank's block, {@code [count][widths[tpRank]]}
   * @param widths columns of every rank
   * @param full on rank 0 {@code [count][sum of widths]}; unused elsewhere
   */
  void gatherColumns(float[] local, int count, int[] widths, float[] full);

  /**
   * Hands the residual stream to the next stage.
   *
   * @param hidden {@code [elements]}; ignored when {@code aborted}
   * @param aborted whether this stage aborted the step
   */
  void sendToNextStage(float[] hidden, int elements, boolean aborted);

  /**
   * Takes the residual stream from the previous stage.
   *
   * @return false if the previous stage aborted the step
   */
  boolean receiveFromPreviousStage(float[] hidden, int elements);

  /** Nanoseconds spent waiting in these methods since construction. */
  long waitedNs();
}
