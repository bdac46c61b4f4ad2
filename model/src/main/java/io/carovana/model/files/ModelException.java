package io.carovana.model.files;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model cannot be used: which file, which tensor or field of it, why, and what to do. Unchecked,
 * because a read can fail wherever weights are read; the command line answers every kind with the
 * exit code for a bad model.
 */
public abstract sealed class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final @Nullable String subject;
  private final String reason;

  private ModelException(
      String file, @Nullable String subject, String reason, @Nullable Throwable cause) {
    super(file + ": " + (subject == null ? "" : subject + ": ") + reason, cause);
    this.file = file;
    this.subject = subject;
    this.reason = reason;
  }

  /** The file or folder, as text because it may not exist. */
  public String file() {
    return file;
  }

  /** The tensor or field, or null where the file as a whole is meant. */
  public @Nullable String subject() {
    return subject;
  }

  /** What is wrong and, where there is something to do, what to do. */
  public String reason() {
    return reason;
  }

  /** There is no model at that path or under that name. */
  public static final class NotFound extends ModelException {
    private static final long serialVersionUID = 1L;

    /** Names the reference and where it was looked for. */
    public NotFound(String reference, String reason) {
      super(reference, null, reason, null);
    }
  }

  /** Part of the model has not arrived: an unfinished download, a missing shard, an LFS pointer. */
  public static final class Incomplete extends ModelException {
    private static final long serialVersionUID = 1L;

    /** Names what is missing and how to fetch it. */
    public Incomplete(Path file, @Nullable String subject, String reason) {
      super(file.toString(), subject, reason, null);
    }
  }

  /** The file contradicts its format, itself or its config. */
  public static final class Malformed extends ModelException {
    private static final long serialVersionUID = 1L;

    /** Names the tensor or field that is wrong. */
    public Malformed(Path file, @Nullable String subject, String reason) {
      super(file.toString(), subject, reason, null);
    }

    /** Names the tensor or field that is wrong. */
    public Malformed(Path file, @Nullable String subject, String reason, Throwable cause) {
      super(file.toString(), subject, reason, cause);
    }
  }

  /** The file is sound but not something Carovana runs: another architecture, type or option. */
  public static final class Unsupported extends ModelException {
    private static final long serialVersionUID = 1L;

    /** Names the feature. */
    public Unsupported(Path file, @Nullable String subject, String reason) {
      super(file.toString(), subject, reason, null);
    }
  }

  /** The operating system could not read the file, or it ended while being read. */
  public static final class ReadFailed extends ModelException {
    private static final long serialVersionUID = 1L;

    /** Names the tensor or field being read. */
    public ReadFailed(
        Path file, @Nullable String subject, String reason, @Nullable Throwable cause) {
      super(file.toString(), subject, reason, cause);
    }
  }
}
