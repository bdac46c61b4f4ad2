package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverDirectoryTest {
  @TempDir private Path folder;
  private Path shared;
  private Path fallback;

  @BeforeEach
  void folders() throws IOException {
    shared = Files.createDirectory(folder.resolve("shared"));
    fallback = Files.createDirectory(folder.resolve("fallback"));
  }

  @Test
  void prefersSharedMemory() {
    DriverDirectory chosen = DriverDirectory.choose(shared, "test", 1, fallback);
    assertThat(chosen.sharedMemory()).isTrue();
    assertThat(chosen.path().getParent()).isEqualTo(shared);
    assertThat(chosen.path()).doesNotExist();
  }

  @Test
  void fallsBackWhereThereIsNoSharedMemory() {
    DriverDirectory chosen = DriverDirectory.choose(folder.resolve("absent"), "test", 1, fallback);
    assertThat(chosen.sharedMemory()).isFalse();
    assertThat(chosen.path().getParent()).isEqualTo(fallback);
  }

  @Test
  void saysWhatIsNeededAndWhatIsThere() {
    assertThatThrownBy(() -> DriverDirectory.choose(shared, "test", Long.MAX_VALUE / 2, fallback))
        .isInstanceOf(DriverDirectory.NoRoomException.class)
        .hasMessageContaining(shared.toString())
        .hasMessageContaining(fallback.toString());
  }

  @Test
  void removesWhatADeadProcessLeftBehindAndNothingElse() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    Path dead = shared.resolve("carovana-aeron-" + process.pid() + "-old");
    Path alive = shared.resolve("carovana-aeron-" + ProcessHandle.current().pid() + "-other");
    Path foreign = shared.resolve("aeron-somebody");
    for (Path path : List.of(dead, alive, foreign)) {
      Files.writeString(Files.createDirectory(path).resolve("cnc.dat"), "not a driver's");
    }
    DriverDirectory.choose(shared, "test", 1, fallback);
    assertThat(dead).doesNotExist();
    assertThat(alive).exists();
    assertThat(foreign).exists();
  }

  @Test
  void theDemoFitsInTheSharedMemoryOfAContainer() {
    assertThat(DriverSettings.requiredSharedMemoryBytes(List.of(2))).isLessThan(48L << 20);
  }

  /** The sum must cover what a driver with all streams of an epoch really takes. */
  @Test
  void requiredMemoryCoversWhatIsTaken() throws Exception {
    try (Mesh mesh = new Mesh(Mesh.Medium.IPC, 3)) {
      Topology topology = mesh.topology(1, 2);
      mesh.run(
          topology,
          links -> {
            int rank = links.rank();
            AeronNode node = mesh.node(rank);
            try (MessageWriter orders = MessageWriter.toRank(mesh.node(2), topology, rank);
                MessageWriter results = MessageWriter.ofResults(node, topology, rank);
                MessageWriter progress = MessageWriter.ofProgress(node, topology, rank)) {
              links.beginStep(1);
              links.allReduce(
                  Trees.leftToRight(new int[] {1, 1}), new float[1], new float[1], 1, 0);
              links.endStep();
              assertThat(taken(mesh.directory()))
                  .isLessThan(DriverSettings.requiredSharedMemoryBytes(List.of(2)));
              return orders.ready() && results.ready() && progress.ready();
            }
          });
    }
  }

  private static long taken(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
