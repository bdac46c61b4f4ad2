package io.carovana.worker.local;

import io.carovana.model.files.Int4Layout;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.WeightType;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.quant.Quantization;
import io.carovana.model.testing.DemoTokenizer;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.SyntheticModel;
import java.nio.file.Path;

/** The models that the same-bits tests run. */
enum TestModel {
  /** The shipped one: bf16, 8 heads over 4 KV heads, 11 feed-forward leaves. */
  DEMO,
  /** The same, quantized to 4 bits while loading. */
  DEMO_Q4,
  /** Three KV heads, Hugging Face layout in two shards, bf16. */
  ODD_BF16,
  /** Three KV heads, GGUF with interleaved rotary pairs, Q4_0. */
  ODD_Q4_0,
  /** As {@link #ODD_Q4_0} in f16, quantized to 8 bits while loading, rows permuted. */
  ODD_F16_Q8,
  /** Q4_K: the cut between two ranks runs through a super-block. */
  TINY_Q4_K,
  /** Q5_K. */
  TINY_Q5_K,
  /** Q6_K: weight groups of 16. */
  TINY_Q6_K,
  /** Three KV heads, 4-bit GPTQ in groups of 32, all zero points in the middle: held in 4 bits. */
  ODD_GPTQ,
  /** As {@link #ODD_GPTQ}, AWQ with zero points anywhere: held in 8 bits. */
  ODD_AWQ,
  /** {@link #DEMO} with the KV cache in q8. */
  DEMO_KV8,
  /** {@link #ODD_Q4_0} with the KV cache in q8. */
  ODD_Q4_0_KV8,
  /** {@link #DEMO} with the KV cache in bf16. */
  DEMO_KV_BF16,
  /** {@link #ODD_Q4_0} with the KV cache in bf16. */
  ODD_Q4_0_KV_BF16;

  private static final long SEED = 20_260_101;

  /** Opens it, writing it to {@code folder} where it is not part of the repository. */
  ModelFiles open(Path folder) {
    Path file = folder.resolve(name());
    return ModelFiles.open(
        switch (this) {
          case DEMO, DEMO_Q4, DEMO_KV8, DEMO_KV_BF16 -> DemoTokenizer.file().resolveSibling("");
          case ODD_BF16 ->
              SyntheticModel.huggingFace(file, SyntheticModel.ODD, WeightType.BF16, SEED, 2);
          case ODD_Q4_0, ODD_Q4_0_KV8, ODD_Q4_0_KV_BF16 ->
              SyntheticModel.gguf(file, SyntheticModel.ODD, WeightType.Q4_0, SEED);
          case ODD_F16_Q8 -> SyntheticModel.gguf(file, SyntheticModel.ODD, WeightType.F16, SEED);
          case ODD_GPTQ -> int4(Int4Layout.GPTQ, true).write(file);
          case ODD_AWQ -> int4(Int4Layout.AWQ, false).write(file);
          case TINY_Q4_K -> SyntheticModel.gguf(file, SyntheticModel.TINY, WeightType.Q4_K, SEED);
          case TINY_Q5_K -> SyntheticModel.gguf(file, SyntheticModel.TINY, WeightType.Q5_K, SEED);
          case TINY_Q6_K -> SyntheticModel.gguf(file, SyntheticModel.TINY, WeightType.Q6_K, SEED);
        });
  }

  private static Int4Checkpoint int4(Int4Layout layout, boolean symmetric) {
    return Int4Checkpoint.random(SyntheticModel.ODD, layout, 32, symmetric, SEED);
  }

  KvProfile kv() {
    return switch (this) {
      case DEMO_KV8, ODD_Q4_0_KV8 -> KvProfile.Q8;
      case DEMO_KV_BF16, ODD_Q4_0_KV_BF16 -> KvProfile.BF16;
      default -> KvProfile.F32;
    };
  }

  Quantization quantization() {
    return switch (this) {
      case DEMO_Q4 -> Quantization.Q4;
      case ODD_F16_Q8 -> Quantization.Q8;
      default -> Quantization.NONE;
    };
  }
}
