package io.carovana.cli.instance;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Everything about one instance: {@code lock} (held by its supervisor as long as that lives),
 * {@code instance.properties} (what runs), {@code logs}, and a folder for each role.
 */
public final class InstanceFolder {
  private final Path folder;

  /** The folder of the instance called {@code name}. */
  public InstanceFolder(Path home, String name) {
    this.folder = home.resolve("run").resolve(name);
  }

  /** {@code CAROVANA_HOME}, or {@code ~/.carovana}. */
  public static Path home(Map<String, String> environment) {
    String home = environment.get("CAROVANA_HOME");
    return home != null && !home.isEmpty()
        ? Path.of(home).toAbsolutePath()
        : Path.of(System.getProperty("user.home"), ".carovana");
  }

  /** The folder itself. */
  public Path path() {
    return folder;
  }

  /** Logs of all roles. */
  public Path logs() {
    return folder.resolve("logs");
  }

  /** State of one process. */
  public Path role(String process) {
    return folder.resolve(process);
  }

  private Path stateFile() {
    return folder.resolve("instance.properties");
  }

  /** Creates the folder, readable by its owner only where the system knows owners. */
  public void create() throws IOException {
    Files.createDirectories(folder);
    Files.createDirectories(logs());
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  /**
   * Takes the instance; it is given back when the channel closes or the process ends, however it
   * ends. Empty when another process has it.
   */
  public Optional<FileChannel> tryLock() throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return Optional.of(channel);
      }
    } catch (OverlappingFileLockException e) {
      // this process has it already
    }
    channel.close();
    return Optional.empty();
  }

  /** Whether a supervisor has the instance now. */
  public boolean isRunning() {
    if (!Files.exists(folder.resolve("lock"))) {
      return false;
    }
    try {
      Optional<FileChannel> lock = tryLock();
      if (lock.isPresent()) {
        lock.get().close();
      }
      return lock.isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is written down; empty when there is nothing. */
  public Optional<InstanceState> read() {
    try {
      Properties properties = new Properties();
      properties.load(new StringReader(Files.readString(stateFile())));
      Map<String, String> map = new TreeMap<>();
      properties.forEach((key, value) -> map.put((String) key, (String) value));
      return Optional.of(InstanceState.of(map));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the state; a reader sees the old one or the new one. */
  public void write(InstanceState state) throws IOException {
    Properties properties = new Properties();
    properties.putAll(state.toMap());
    StringWriter text = new StringWriter();
    properties.store(text, null);
    Path draft = folder.resolve("instance.properties.new");
    Files.writeString(draft, text.toString());
    Files.move(
        draft, stateFile(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Forgets what ran; logs stay. */
  public void clear() throws IOException {
    Files.deleteIfExists(stateFile());
  }

  /** Deletes a folder and what is in it. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
