package io.carovana.coordinator;

import io.carovana.model.memory.FitPlanner;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Quantization;

/** Ranges of the coordinator's settings; the first that is out of them is named. */
final class SettingsCheck {
  private static final int MAX_SEQUENCES = 1024;
  private static final int MAX_PREFILL_CHUNK = 65_536;
  private static final int MAX_QUEUE = 1_000_000;
  private static final long MIN_FENCE_MS = 100;

  private SettingsCheck() {}

  static void require(CoordinatorSettings settings) {
    range("min-workers", settings.minWorkers(), 1, 256);
    range("stages", settings.stages(), 1, settings.minWorkers());
    range("context", settings.context(), 0, FitPlanner.MAX_CONTEXT);
    range("prefill-chunk", settings.prefillChunk(), 1, MAX_PREFILL_CHUNK);
    range("max-sequences", settings.maxSequences(), 1, MAX_SEQUENCES);
    range("max-queue", settings.maxQueue(), 1, MAX_QUEUE);
    range("fence-after-ms", settings.fenceAfterMs(), MIN_FENCE_MS, Long.MAX_VALUE / 1_000_000);
    if (Quantization.ofId(settings.quantize()) == null) {
      throw new IllegalArgumentException(
          "quantize must be none, q4 or q8, is " + settings.quantize());
    }
    if (KvProfile.ofId(settings.kvProfile()) == null) {
      throw new IllegalArgumentException("kv must be f32, bf16 or q8, is " + settings.kvProfile());
    }
  }

  private static void range(String setting, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          setting + " must be from " + least + " to " + most + ", is " + value);
    }
  }
}
