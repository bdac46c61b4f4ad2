package io.carovana.model.files;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From what a person wrote to the folder or file that is meant. Layout of the Hub cache: {@code
 * models--ORG--NAME/{refs/main, snapshots/COMMIT/…, blobs/…}}, files of a snapshot being links.
 */
final class ModelPaths {
  private static final Pattern HUB_NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{7,64}");
  private static final int MAX_REF_BYTES = 256;

  private ModelPaths() {}

  static Path resolve(String reference) {
    return resolve(reference, System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * @param environment where HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME are looked up
   * @param home where {@code .cache} is, if they say nothing
   */
  static Path resolve(String reference, Map<String, String> environment, Path home) {
    Path path = path(reference);
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return isCacheRoot(path) ? snapshot(path) : path;
    }
    if (!HUB_NAME.matcher(reference).matches()) {
      throw new ModelException.NotFound(
          reference, "no such file or folder (looked from " + Path.of("").toAbsolutePath() + ")");
    }
    Path cache = hubCache(environment, home);
    Path root = cache.resolve("models--" + reference.replace("/", "--"));
    if (!Files.isDirectory(root)) {
      throw new ModelException.NotFound(
          reference,
          "neither a path nor a model in the local Hub cache %s; fetch it with `hf download %s`"
              .formatted(cache, reference));
    }
    return snapshot(root);
  }

  private static Path path(String reference) {
    try {
      if (!reference.isBlank()) {
        return Path.of(reference);
      }
    } catch (InvalidPathException e) {
      throw new ModelException.NotFound(
          reference.replace('\0', '?'), "not a path: " + e.getReason());
    }
    throw new ModelException.NotFound("(empty)", "give the path of a model");
  }

  private static Path hubCache(Map<String, String> environment, Path home) {
    @Nullable String hub = environment.get("HF_HUB_CACHE");
    if (hub != null && !hub.isBlank()) {
      return Path.of(hub);
    }
    @Nullable String hfHome = environment.get("HF_HOME");
    if (hfHome != null && !hfHome.isBlank()) {
      return Path.of(hfHome, "hub");
    }
    @Nullable String xdg = environment.get("XDG_CACHE_HOME");
    Path caches = xdg != null && !xdg.isBlank() ? Path.of(xdg) : home.resolve(".cache");
    return caches.resolve("huggingface").resolve("hub");
  }

  private static boolean isCacheRoot(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName()).startsWith("models--")
        && Files.isDirectory(path.resolve("snapshots"));
  }

  /** The snapshot that {@code refs/main} names, else the only one there is. */
  private static Path snapshot(Path root) {
    Path ref = root.resolve("refs").resolve("main");
    Path snapshots = root.resolve("snapshots");
    List<String> names = FolderNames.of(snapshots);
    if (Files.isRegularFile(ref)) {
      byte[] bytes = OpenFiles.readSmall(ref, MAX_REF_BYTES);
      String commit = new String(bytes, StandardCharsets.UTF_8).strip();
      if (!COMMIT.matcher(commit).matches()) {
        throw new ModelException.Malformed(ref, null, "does not name a commit");
      }
      if (names.contains(commit)) {
        return snapshots.resolve(commit);
      }
    }
    if (names.size() == 1) {
      return snapshots.resolve(names.getFirst());
    }
    throw names.isEmpty()
        ? new ModelException.Incomplete(
            root, null, "holds no snapshot of the model: " + Downloads.ADVICE)
        : new ModelException.NotFound(
            root.toString(), "holds several snapshots, name one: " + String.join(", ", names));
  }
}
