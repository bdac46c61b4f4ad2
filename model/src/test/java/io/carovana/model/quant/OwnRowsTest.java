package io.carovana.model.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.config.ModelConfig;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.TensorInfo;
import io.carovana.model.files.TensorPart;
import io.carovana.model.files.WeightType;
import io.carovana.model.shard.FfnLeaves;
import io.carovana.model.shard.Range;
import io.carovana.model.testing.SyntheticModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantizing while reading: the group, the refusals, and that any cut gives the same codes. */
class OwnRowsTest {
  private static final ModelConfig ODD = SyntheticModel.ODD;

  @TempDir Path folder;

  private Path model(ModelConfig config, WeightType type) {
    return SyntheticModel.huggingFace(folder.resolve("m"), config, type, 11, 1);
  }

  @Test
  void takesTheLargestGroupThatNoLeafBoundaryCuts() {
    try (ModelFiles files = ModelFiles.open(model(ODD, WeightType.F16))) {
      // 192 columns: 64 divides; 2 heads of 32 per KV head: 64; an FFN of 11 units of 32: 32
      assertThat(group(files, TensorPart.QUERY)).isEqualTo(64);
      assertThat(group(files, TensorPart.ATTENTION_OUTPUT)).isEqualTo(64);
      assertThat(group(files, TensorPart.DOWN)).isEqualTo(32);
      FfnLeaves leaves = FfnLeaves.of(ODD.ffnSize(), ODD.kvHeads());
      for (int leaf = 0; leaf <= leaves.count(); leaf++) {
        assertThat(leaves.boundary(leaf) % 32).isZero();
      }
    }
  }

  private static int group(ModelFiles files, TensorPart part) {
    return OwnFormat.of(files.config(), (TensorInfo) files.tensor(part, 0), OwnBits.Q4).group();
  }

  @Test
  void refusesWidthsThatNoGroupDivides() {
    ModelConfig narrow = new ModelConfig(96, 1, 6, 3, 16, 120, 64, 1e-5f, 1e6, 512, 1, 2, false);
    try (ModelFiles files = ModelFiles.open(model(narrow, WeightType.F16))) {
      assertThat(group(files, TensorPart.QUERY)).isEqualTo(32);
      assertThatThrownBy(() -> group(files, TensorPart.DOWN))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContainingAll("mlp.down_proj", "120 columns", "feed-forward leaves");
    }
  }

  @Test
  void refusesHeadGroupsThatNoGroupDivides() {
    ModelConfig narrow = new ModelConfig(96, 1, 6, 6, 16, 128, 64, 1e-5f, 1e6, 512, 1, 2, false);
    try (ModelFiles files = ModelFiles.open(model(narrow, WeightType.F16))) {
      assertThatThrownBy(() -> group(files, TensorPart.ATTENTION_OUTPUT))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContainingAll("self_attn.o_proj", "KV-head groups");
    }
  }

  @Test
  void refusesWhatIsQuantizedAlready() {
    Path gguf = SyntheticModel.gguf(folder.resolve("m.gguf"), ODD, WeightType.Q4_0, 1);
    try (ModelFiles files = ModelFiles.open(gguf)) {
      assertThatThrownBy(() -> group(files, TensorPart.QUERY))
          .isInstanceOf(ModelException.Unsupported.class)
          .hasMessageContainingAll("blk.0.attn_q.weight", "Q4_0 already");
    }
  }

  @Test
  void anyCutGivesTheSameCodes() {
    try (ModelFiles files = ModelFiles.open(model(ODD, WeightType.BF16))) {
      TensorInfo down = (TensorInfo) files.tensor(TensorPart.DOWN, 1);
      for (OwnBits bits : OwnBits.values()) {
        OwnFormat format = OwnFormat.of(ODD, down, bits);
        OwnRows rows = new OwnRows(files, down, format);
        byte[] codes = new byte[down.rows() * down.columns()];
        short[] scales = new short[codes.length / format.group()];
        rows.read(new Range(0, down.rows()), new Range(0, down.columns()), codes, scales);
        Range part = new Range(64, 224);
        byte[] partCodes = new byte[10 * part.size()];
        short[] partScales = new short[partCodes.length / format.group()];
        rows.read(new Range(100, 110), part, partCodes, partScales);
        for (int r = 0; r < 10; r++) {
          int at = (100 + r) * down.columns() + part.start();
          assertThat(Arrays.copyOfRange(partCodes, r * part.size(), (r + 1) * part.size()))
              .isEqualTo(Arrays.copyOfRange(codes, at, at + part.size()));
          int groups = part.size() / format.group();
          int scaleAt = at / format.group();
          assertThat(Arrays.copyOfRange(partScales, r * groups, (r + 1) * groups))
              .isEqualTo(Arrays.copyOfRange(scales, scaleAt, scaleAt + groups));
        }
      }
    }
  }

  @Test
  void namesTheRowOfAWeightThatIsNotFinite() throws IOException {
    Path path = model(ODD, WeightType.F16);
    try (ModelFiles files = ModelFiles.open(path)) {
      TensorInfo up = (TensorInfo) files.tensor(TensorPart.UP, 0);
      try (RandomAccessFile file = new RandomAccessFile(up.file().toFile(), "rw")) {
        file.seek(up.offset() + 7 * up.rowBytes());
        file.write(new byte[] {0, 0x7C}); // infinity
      }
      OwnRows rows = new OwnRows(files, up, OwnFormat.of(ODD, up, OwnBits.Q8));
      byte[] codes = new byte[up.rows() * up.columns()];
      short[] scales = new short[codes.length / 32];
      assertThatThrownBy(
              () -> rows.read(new Range(0, up.rows()), new Range(0, up.columns()), codes, scales))
          .isInstanceOf(ModelException.Malformed.class)
          .hasMessageContainingAll("layers.0.mlp.up_proj", "row 7");
    }
  }
}
