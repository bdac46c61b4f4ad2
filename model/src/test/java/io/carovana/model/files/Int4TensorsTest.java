package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.ModelSummary;
import io.carovana.model.config.ModelConfig;
import io.carovana.model.testing.Int4Checkpoint;
import io.carovana.model.testing.Int4Checkpoint.Stored;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Folders of GPTQ and AWQ matrices: whole, misshapen, of kinds that are refused; named. */
class Int4TensorsTest {
  private static final ModelConfig SHAPE = SyntheticModel.TINY;
  private static final String GATE = "model.layers.1.mlp.gate_proj.";

  @TempDir private Path folder;
  private Int4Checkpoint checkpoint;
  private Map<String, Stored> tensors;

  @BeforeEach
  void prepare() {
    prepare(Int4Layout.GPTQ, 128);
  }

  private void prepare(Int4Layout layout, int groupSize) {
    checkpoint = Int4Checkpoint.random(SHAPE, layout, groupSize, true, 5);
    tensors = new LinkedHashMap<>(checkpoint.tensors());
  }

  private ModelFiles open() {
    return ModelFiles.open(Int4Checkpoint.write(folder, checkpoint.configJson(), tensors));
  }

  private void refuses(Class<? extends ModelException> kind, String... words) {
    assertThatThrownBy(() -> open().close()).isInstanceOf(kind).hasMessageContainingAll(words);
  }

  private Stored stored(String suffix) {
    return Objects.requireNonNull(tensors.get(GATE + suffix));
  }

  private void put(String suffix, String dtype, int bytes, long... shape) {
    tensors.put(GATE + suffix, new Stored(dtype, new byte[bytes], shape));
  }

  @ParameterizedTest
  @EnumSource(Int4Layout.class)
  void findsThreeTensorsOfEveryMatrix(Int4Layout layout) {
    prepare(layout, 128);
    try (ModelFiles model = open()) {
      Int4Matrix gate = (Int4Matrix) model.tensor(TensorPart.GATE, 1);
      assertThat(gate.rows()).isEqualTo(SHAPE.ffnSize());
      assertThat(gate.columns()).isEqualTo(SHAPE.hiddenSize());
      assertThat(gate.stored())
          .extracting(TensorInfo::name)
          .containsExactly(GATE + "qweight", GATE + "qzeros", GATE + "scales");
      assertThat(gate.layout()).isEqualTo(layout);
      assertThat(model.isSymmetric(gate)).isTrue();
      assertThat(model.tensor(TensorPart.LM_HEAD).storedAs()).isEqualTo("F16");
      ModelSummary.TypeShare share =
          Objects.requireNonNull(ModelSummary.of(model).types().get(layout.name()));
      assertThat(share.tensors()).isEqualTo(2 * 7);
      assertThat(share.widened()).isZero();
    }
  }

  @Test
  void theSummaryCountsMatricesThatTakeEightBits() {
    stored("qzeros").bytes()[3] ^= 1;
    try (ModelFiles model = open()) {
      ModelSummary.TypeShare share =
          Objects.requireNonNull(ModelSummary.of(model).types().get("GPTQ"));
      assertThat(share.widened()).isEqualTo(1);
      assertThat(model.isSymmetric((Int4Matrix) model.tensor(TensorPart.GATE, 1))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Int4Layout.class)
  void theDigestFollowsCodesZerosScalesAndLayout(Int4Layout layout) {
    prepare(layout, 128);
    String digest = digest();
    for (String suffix : new String[] {"qweight", "qzeros", "scales"}) {
      byte[] bytes = stored(suffix).bytes();
      bytes[bytes.length - 1] ^= 1;
      assertThat(digest()).as(suffix).isNotEqualTo(digest);
      bytes[bytes.length - 1] ^= 1;
    }
    assertThat(digest()).isEqualTo(digest);
  }

  @Test
  void theDigestTellsTheFormatsOfZeroPointsApart() {
    String digest = digest();
    Int4Checkpoint.write(
        folder, checkpoint.configJson().replace("\"gptq\"}", "\"gptq_v2\"}"), tensors);
    try (ModelFiles model = ModelFiles.open(folder)) {
      assertThat(ModelDigest.of(model)).isNotEqualTo(digest);
    }
  }

  private String digest() {
    try (ModelFiles model = open()) {
      return ModelDigest.of(model);
    }
  }

  @Test
  void readsTheQuantizersOwnFileWhereTheConfigSaysNothing() throws IOException {
    Int4Checkpoint.write(folder, SyntheticModel.configJson(SHAPE), tensors);
    assertThatThrownBy(() -> ModelFiles.open(folder).close())
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContainingAll("layers.0.mlp.down_proj", "quantize_config.json");
    Files.writeString(
        folder.resolve("quantize_config.json"), "{\"bits\":4,\"group_size\":128,\"sym\":true}");
    try (ModelFiles model = ModelFiles.open(folder)) {
      assertThat(model.tensor(TensorPart.GATE, 1).storedAs()).isEqualTo("GPTQ");
    }
  }

  @Test
  void plainMatricesMayStandBesideQuantizedOnes() {
    for (String suffix : new String[] {"qweight", "qzeros", "scales", "g_idx"}) {
      tensors.remove(GATE + suffix);
    }
    put("weight", "F16", 2 * 512 * 256, 512, 256);
    try (ModelFiles model = open()) {
      assertThat(model.tensor(TensorPart.GATE, 1).storedAs()).isEqualTo("F16");
    }
  }

  @Test
  void refusesAMatrixThatIsThereTwice() {
    put("weight", "F16", 2 * 512 * 256, 512, 256);
    refuses(ModelException.Malformed.class, GATE + "weight", GATE + "qweight");
  }

  @Test
  void namesAMissingTensor() {
    for (String suffix : new String[] {"qweight", "qzeros", "scales"}) {
      prepare();
      tensors.remove(GATE + suffix);
      refuses(ModelException.Malformed.class, GATE + suffix, "is missing beside " + GATE);
    }
    prepare();
    tensors.keySet().removeIf(name -> name.startsWith(GATE));
    refuses(ModelException.Malformed.class, GATE + "weight", "missing");
  }

  @Test
  void refusesOtherShapesAndTypes() {
    put("qweight", "I32", 4 * 512 * 64, 64, 512);
    refuses(ModelException.Malformed.class, GATE + "qweight", "64 x 512", "ask for 32 x 512");
    prepare();
    put("qzeros", "I32", 4 * 64, 1, 64);
    refuses(ModelException.Malformed.class, GATE + "qzeros", "1 x 64", "ask for 2 x 64");
    prepare();
    put("scales", "F16", 2 * 512, 512);
    refuses(ModelException.Malformed.class, GATE + "scales", "in 1 dimensions");
    prepare();
    put("scales", "I32", 4 * 2 * 512, 2, 512);
    refuses(ModelException.Malformed.class, GATE + "scales", "I32 instead of F16");
    prepare();
    put("qweight", "F32", 4 * 512 * 32, 32, 512);
    refuses(ModelException.Malformed.class, GATE + "qweight", "F32 instead of I32");
    prepare();
    put("g_idx", "I64", 8 * 256, 256);
    refuses(ModelException.Malformed.class, GATE + "g_idx", "I64 instead of I32");
    prepare();
    put("g_idx", "I32", 4 * 255, 255);
    refuses(ModelException.Malformed.class, GATE + "g_idx", "ask for 1 x 256");
  }

  @Test
  void refusesCodesOfAnotherLayout() {
    Map<String, Stored> gptq = tensors;
    prepare(Int4Layout.AWQ, 128);
    tensors = gptq;
    tensors.keySet().removeIf(name -> name.endsWith("g_idx"));
    refuses(ModelException.Malformed.class, "qweight", "AWQ in groups of 128");
  }

  @Test
  void refusesActOrderByName() {
    stored("g_idx").bytes()[4 * 5] = 1;
    refuses(ModelException.Unsupported.class, GATE + "g_idx", "desc_act", "--quantize q4");
  }

  @Test
  void refusesGroupsThatAreNotThere() {
    stored("g_idx").bytes()[4 * 5] = 2;
    refuses(ModelException.Malformed.class, GATE + "g_idx", "input 5 into group 2 of 2");
    stored("g_idx").bytes()[4 * 5 + 3] = -1;
    refuses(ModelException.Malformed.class, GATE + "g_idx", "input 5 into group -");
  }

  @Test
  void actOrderOfOneGroupIsNone() {
    prepare(Int4Layout.GPTQ, -1);
    String config = checkpoint.configJson().replace("\"desc_act\": false", "\"desc_act\": true");
    ModelFiles.open(Int4Checkpoint.write(folder, config, tensors)).close();
    tensors.keySet().removeIf(name -> name.endsWith("g_idx"));
    ModelFiles.open(Int4Checkpoint.write(folder, config, tensors)).close();
  }

  @Test
  void groupsInOrderNeedNoIndexUnlessTheConfigSaysOtherwise() {
    tensors.keySet().removeIf(name -> name.endsWith("g_idx"));
    open().close();
    String config = checkpoint.configJson().replace("\"desc_act\": false", "\"desc_act\": true");
    Int4Checkpoint.write(folder, config, tensors);
    assertThatThrownBy(() -> ModelFiles.open(folder).close())
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContainingAll("qweight", "without g_idx", "desc_act");
  }

  @Test
  void takesABiasOfZerosOnly() {
    put("bias", "F16", 2 * 512, 512);
    open().close();
    stored("bias").bytes()[1001] = 1;
    refuses(ModelException.Unsupported.class, GATE + "bias", "is not zero");
    put("bias", "F16", 2 * 256, 256);
    refuses(ModelException.Malformed.class, GATE + "bias", "ask for 1 x 512");
  }

  @Test
  void refusesWhatNoLlamaHas() {
    put("qweight_2", "I32", 4, 1);
    refuses(ModelException.Unsupported.class, GATE + "qweight_2", "not a tensor of a Llama");
    prepare();
    tensors.put("model.embed_tokens.qweight", new Stored("I32", new byte[4], 1, 1));
    refuses(ModelException.Unsupported.class, "embed_tokens.qweight", "not a tensor of a Llama");
    prepare();
    tensors.put("lm_head.weight", new Stored("I32", new byte[4], 1, 1));
    refuses(ModelException.Unsupported.class, "lm_head.weight", "has type I32");
  }

  @Test
  void refusesZeroPointsThatReadersTakeDifferently() {
    stored("qzeros").bytes()[9] |= 0xf0;
    try (ModelFiles model = open()) {
      Int4Matrix gate = (Int4Matrix) model.tensor(TensorPart.GATE, 1);
      assertThatThrownBy(() -> model.isSymmetric(gate))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContainingAll(GATE + "qzeros", "16", "gptq_v2");
    }
  }
}
