package io.carovana.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths, Hub cache snapshots and names. */
class ModelPathsTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String NAME = "codellama/CodeLlama-7b-hf";

  @TempDir Path home;
  private Path root;
  private Path snapshot;

  @BeforeEach
  void writeCache() throws IOException {
    root = home.resolve(".cache/huggingface/hub/models--codellama--CodeLlama-7b-hf");
    snapshot = Files.createDirectories(root.resolve("snapshots").resolve(COMMIT));
    Files.createDirectories(root.resolve("refs"));
    Files.writeString(root.resolve("refs/main"), COMMIT);
  }

  private Path resolve(String reference, String... environment) {
    Map<String, String> map =
        environment.length == 0 ? Map.of() : Map.of(environment[0], environment[1]);
    return ModelPaths.resolve(reference, map, home);
  }

  @Test
  void takesAPathAsItIs() {
    assertThat(resolve(snapshot.toString())).isEqualTo(snapshot);
    assertThat(resolve(home.toString())).isEqualTo(home);
  }

  @Test
  void findsTheSnapshotOfACacheRootAndOfAName() {
    assertThat(resolve(root.toString())).isEqualTo(snapshot);
    assertThat(resolve(NAME)).isEqualTo(snapshot);
  }

  @Test
  void looksWhereTheEnvironmentSays() {
    Path hub = home.resolve(".cache/huggingface/hub");
    Path elsewhere = home.resolve("elsewhere");
    assertThat(ModelPaths.resolve(NAME, Map.of("HF_HUB_CACHE", hub.toString()), elsewhere))
        .isEqualTo(snapshot);
    String hfHome = home.resolve(".cache/huggingface").toString();
    assertThat(ModelPaths.resolve(NAME, Map.of("HF_HOME", hfHome), elsewhere)).isEqualTo(snapshot);
    String xdg = home.resolve(".cache").toString();
    assertThat(ModelPaths.resolve(NAME, Map.of("XDG_CACHE_HOME", xdg), elsewhere))
        .isEqualTo(snapshot);
    assertThatThrownBy(() -> ModelPaths.resolve(NAME, Map.of(), elsewhere))
        .isInstanceOf(ModelException.NotFound.class)
        .hasMessageContainingAll(NAME, "hf download " + NAME, elsewhere.toString());
  }

  @Test
  void takesTheOnlySnapshotIfNoReferenceNamesIt() throws IOException {
    Files.delete(root.resolve("refs/main"));
    assertThat(resolve(NAME)).isEqualTo(snapshot);
    Files.createDirectories(root.resolve("snapshots").resolve("fedcba9"));
    assertThatThrownBy(() -> resolve(NAME))
        .isInstanceOf(ModelException.NotFound.class)
        .hasMessageContainingAll("fedcba9", COMMIT);
  }

  @Test
  void namesACacheWithoutASnapshot() throws IOException {
    Files.delete(snapshot);
    assertThatThrownBy(() -> resolve(NAME))
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContaining("no snapshot");
  }

  @Test
  void namesAnUnfinishedDownloadInTheCache() throws IOException {
    Path blobs = Files.createDirectories(root.resolve("blobs"));
    Files.writeString(blobs.resolve("abc.incomplete"), "half");
    assertThatThrownBy(() -> ModelFiles.open(resolve(NAME)))
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContainingAll("abc.incomplete", "has not finished");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.gguf.part", "x.gguf.incomplete", "x.gguf.download", "x.gguf.aria2"})
  void namesAnUnfinishedFile(String name) throws IOException {
    Path file = Files.writeString(snapshot.resolve(name), "GGUF, the beginning");
    assertThatThrownBy(() -> ModelFiles.open(file))
        .isInstanceOf(ModelException.Incomplete.class)
        .hasMessageContainingAll(name, "has not finished");
  }

  @Test
  void namesAFileThatAria2IsStillWriting() throws IOException {
    Path file = Files.writeString(snapshot.resolve("x.gguf"), "GGUF, the beginning");
    Files.createFile(snapshot.resolve("x.gguf.aria2"));
    assertThatThrownBy(() -> ModelFiles.open(file)).hasMessageContaining("has not finished");
  }

  @Test
  void namesWhatIsNoRegularFile() {
    assertThatThrownBy(() -> ModelFiles.open("/dev/null"))
        .isInstanceOf(ModelException.Unsupported.class)
        .hasMessageContaining("is not a regular file");
  }

  @Test
  void refusesAReferenceThatIsNoCommit() throws IOException {
    Files.writeString(root.resolve("refs/main"), "../../../../etc");
    assertThatThrownBy(() -> resolve(NAME))
        .isInstanceOf(ModelException.Malformed.class)
        .hasMessageContaining("commit");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "  ", "nowhere", "a/../b", "../x", "a/b/c", "a%2fb/c", "x\0y", "/no/such"})
  void namesWhatIsNotThere(String reference) {
    assertThatThrownBy(() -> resolve(reference)).isInstanceOf(ModelException.NotFound.class);
  }
}
