package io.carovana.coordinator.membership;

import io.carovana.coordinator.schedule.Request;
import io.carovana.protocol.Failure;
import io.carovana.protocol.step.SequenceResult;
import io.carovana.protocol.v1.Priority;
import io.carovana.protocol.v1.SamplingParams;
import io.carovana.protocol.v1.Submit;
import java.util.List;
import java.util.Optional;

/** Checks submissions before the scheduler sees them: nothing off the wire is trusted. */
final class Submissions {
  private static final int MAX_STOP_IDS = 1024;
  private static final int MAX_ID_LENGTH = 256;

  /** A day; longer deadlines are cut to it. */
  private static final long MAX_DEADLINE_MS = 86_400_000;

  private Submissions() {}

  /** What is wrong with a submission; empty if nothing is. */
  static Optional<Failure> problem(Submit submit, int vocabSize) {
    SamplingParams sampling = submit.getSampling();
    if (submit.getRequestId().isEmpty() || submit.getRequestId().length() > MAX_ID_LENGTH) {
      return invalid("request_id", "must have 1 to " + MAX_ID_LENGTH + " characters");
    }
    if (submit.getPromptCount() == 0) {
      return invalid("prompt", "has no tokens");
    }
    if (outside(submit.getPromptList(), vocabSize) || outside(submit.getEmittedList(), vocabSize)) {
      return invalid("prompt", "has a token id outside [0, " + vocabSize + ")");
    }
    if (submit.getMaxTokens() < 0) {
      return invalid("max_tokens", "must not be negative");
    }
    if (!(sampling.getTemperature() >= 0) || Float.isInfinite(sampling.getTemperature())) {
      return invalid("temperature", "must be a number of at least 0");
    }
    if (!(sampling.getTopP() > 0 && sampling.getTopP() <= 1)) {
      return invalid("top_p", "must be in (0, 1]");
    }
    if (sampling.getTopLogprobs() < 0 || sampling.getTopLogprobs() > SequenceResult.MAX_TOP) {
      return invalid("top_logprobs", "must be 0 to " + SequenceResult.MAX_TOP);
    }
    if (submit.getStopIdsCount() > MAX_STOP_IDS) {
      return invalid("stop_ids", "must be at most " + MAX_STOP_IDS);
    }
    if (submit.getClient().length() > MAX_ID_LENGTH) {
      return invalid("client", "must have at most " + MAX_ID_LENGTH + " characters");
    }
    if (submit.getDeadlineMs() < 0) {
      return invalid("deadline_ms", "must not be negative");
    }
    return Optional.empty();
  }

  /** The request of a checked submission. */
  static Request request(Submit submit, long nowNs) {
    SamplingParams sampling = submit.getSampling();
    long deadlineNs =
        submit.getDeadlineMs() == 0
            ? Request.NO_DEADLINE
            : nowNs + Math.min(submit.getDeadlineMs(), MAX_DEADLINE_MS) * 1_000_000;
    return new Request(
        submit.getRequestId(),
        submit.getGateway(),
        ints(submit.getPromptList()),
        ints(submit.getEmittedList()),
        new Request.Sampling(
            sampling.getTemperature(),
            sampling.getTopP(),
            sampling.getSeed(),
            sampling.getChoice(),
            sampling.getTopLogprobs(),
            sampling.getLogprobs(),
            sampling.getPromptLogprobs(),
            sampling.getDigest()),
        submit.getMaxTokens(),
        ints(submit.getStopIdsList()),
        deadlineNs,
        submit.getClient(),
        submit.getPriority() == Priority.BATCH);
  }

  private static Optional<Failure> invalid(String field, String problem) {
    return Optional.of(new Failure.InvalidRequest(field, field + " " + problem));
  }

  private static boolean outside(List<Integer> ids, int vocabSize) {
    return ids.stream().anyMatch(id -> id < 0 || id >= vocabSize);
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
