package io.carovana.model.files;

import io.carovana.model.shard.Range;
import java.nio.file.Path;
import java.util.List;

/**
 * A matrix of 4-bit codes as GPTQ and AWQ checkpoints store it, input-major: weight = scale * (code
 * - zero point), where {@code group} inputs of an output share scale and zero point.
 *
 * @param layout how codes and zero points lie in words
 * @param rows output rows
 * @param columns input columns
 * @param group columns that share a scale; the last group may be shorter
 * @param codes {@code qweight}, words: {@code [columns / 8, rows]}, in AWQ {@code [columns, rows /
 *     8]}
 * @param zeros {@code qzeros}, words: {@code [groups, rows / 8]}
 * @param scales {@code scales}, floats: {@code [groups, rows]}
 */
public record Int4Matrix(
    Int4Layout layout,
    int rows,
    int columns,
    int group,
    TensorInfo codes,
    TensorInfo zeros,
    TensorInfo scales)
    implements ModelTensor {

  @Override
  public String name() {
    return codes.name();
  }

  @Override
  public TensorPart part() {
    return codes.part();
  }

  @Override
  public int layer() {
    return codes.layer();
  }

  @Override
  public Path file() {
    return codes.file();
  }

  @Override
  public String storedAs() {
    return layout.name();
  }

  @Override
  public List<TensorInfo> stored() {
    return List.of(codes, zeros, scales);
  }

  /** The groups that {@code columns} touch: rows of {@link #zeros} and {@link #scales}. */
  public Range groups(Range columns) {
    return new Range(columns.start() / group, Math.ceilDiv(columns.end(), group));
  }

  /** The words that {@code rows} touch: columns of {@link #zeros}. */
  public static Range words(Range rows) {
    return new Range(
        rows.start() / Int4Layout.PER_WORD, Math.ceilDiv(rows.end(), Int4Layout.PER_WORD));
  }

  /** Rows of {@link #codes} that hold {@code columns}, which begin and end at multiples of 8. */
  public Range codeRows(Range columns) {
    return layout.wordsAlongInputs() ? words(columns) : columns;
  }

  /** Columns of {@link #codes} that hold {@code rows}. */
  public Range codeColumns(Range rows) {
    return layout.wordsAlongInputs() ? rows : words(rows);
  }
}
