package io.carovana.cli.plan;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Nearest;
import io.carovana.cli.model.FitCheck;
import io.carovana.cli.model.ModelReference;
import io.carovana.model.files.ModelException;
import io.carovana.model.files.ModelFiles;
import io.carovana.model.files.PublishedShape;
import io.carovana.model.files.ShapeOnly;
import io.carovana.model.files.StorageFormat;
import io.carovana.model.files.TensorReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model of a plan: files, or a published shape without any.
 *
 * @param reference what the operator wrote
 * @param format how the shape would be stored; null for files, which say so themselves
 * @param tensors its tensors
 * @param note what is unusual about its weights
 */
public record PlanModel(
    String reference, @Nullable StorageFormat format, TensorReader tensors, Optional<String> note)
    implements AutoCloseable {
  /** The format of shapes, and the flag that says another. */
  public static final String FORMAT_FLAG = "--format";

  /**
   * Opens files, or takes a shape by its name.
   *
   * @param format what {@link #FORMAT_FLAG} says, null if nothing
   * @throws ConfigException if the flag is wrong, or is given for files
   * @throws ModelException if there is no such model
   */
  public static PlanModel open(String reference, @Nullable String format, Path distribution) {
    PublishedShape shape = PublishedShape.ofId(reference);
    if (shape != null) {
      StorageFormat stored = format == null ? StorageFormat.BF16 : format(format);
      Optional<String> note =
          stored == StorageFormat.AWQ
              ? Optional.of(
                  "AWQ's zero points make its 4-bit matrices take 8 bits a weight in memory.")
              : Optional.empty();
      return new PlanModel(
          reference, stored, new ShapeOnly(reference, shape.config(), stored), note);
    }
    ModelFiles files = files(reference, distribution);
    if (format != null) {
      files.close();
      throw new ConfigException(
          "%s '%s' is for shapes without files (%s); the files of %s say how they are stored."
              .formatted(FORMAT_FLAG, format, String.join(", ", PublishedShape.ids()), reference));
    }
    return new PlanModel(reference, null, files, FitCheck.widthNote(files));
  }

  private static StorageFormat format(String format) {
    StorageFormat stored = StorageFormat.ofId(format);
    if (stored == null) {
      throw new ConfigException(
          "%s '%s' must be one of %s (q4 and q8 are made by --quantize)."
              .formatted(FORMAT_FLAG, format, String.join(", ", StorageFormat.ids())));
    }
    return stored;
  }

  private static ModelFiles files(String reference, Path distribution) {
    try {
      return ModelReference.open(reference, distribution);
    } catch (ModelException.NotFound e) {
      throw new ModelException.NotFound(
          e.file(),
          "%s; shapes that can be planned without files: %s.%s"
              .formatted(
                  e.reason(),
                  String.join(", ", PublishedShape.ids()),
                  Nearest.hint(reference, PublishedShape.ids())));
    }
  }

  /** How it is stored, as flags of a plan. */
  List<String> flags() {
    return format == null || format == StorageFormat.BF16
        ? List.of()
        : List.of(FORMAT_FLAG + " " + format.id());
  }

  @Override
  public void close() {
    if (tensors instanceof ModelFiles files) {
      files.close();
    }
  }
}
