package io.carovana.cli.plan;

import io.carovana.cli.config.ConfigException;
import io.carovana.cli.config.Sizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one node gives its worker's process.
 *
 * @param text the size as an operator writes it
 * @param bytes the size
 */
public record NodeSize(String text, long bytes) {
  /** Most nodes of a plan; as many as {@code --min-workers} takes. */
  static final int MAX_NODES = 256;

  private static final long LEAST_BYTES = 1L << 20;
  private static final Pattern REPEATED = Pattern.compile("([0-9]{1,9})[xX](.+)");

  /**
   * Of the words of {@code --nodes}: sizes, or {@code 4x16g} for four.
   *
   * @throws ConfigException naming the word and what is allowed
   */
  public static List<NodeSize> parse(List<String> words) {
    List<NodeSize> nodes = new ArrayList<>();
    for (String word : words) {
      Matcher repeated = REPEATED.matcher(word.strip());
      boolean many = repeated.matches();
      int count = many ? Integer.parseInt(repeated.group(1)) : 1;
      NodeSize size = one(word, (many ? repeated.group(2) : word).strip());
      if (count < 1 || nodes.size() + count > MAX_NODES) {
        throw new ConfigException(
            "--nodes '" + word + "' must leave 1 to " + MAX_NODES + " nodes.");
      }
      for (int i = 0; i < count; i++) {
        nodes.add(size);
      }
    }
    return List.copyOf(nodes);
  }

  private static NodeSize one(String word, String size) {
    long bytes;
    try {
      bytes = Sizes.parse(size);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--nodes '" + word + "' " + e.getMessage() + ".");
    }
    if (bytes < LEAST_BYTES) {
      throw new ConfigException(
          "--nodes '" + word + "' must be sizes of at least 1m, with a unit such as 16g.");
    }
    return new NodeSize(size.toLowerCase(Locale.ROOT), bytes);
  }

  /** A node of {@code bytes}. */
  public static NodeSize ofBytes(long bytes) {
    return new NodeSize((bytes >> 20) + "m", bytes);
  }

  /** What {@code --nodes} says for {@code nodes}; neighbours of one size are counted. */
  static String words(List<NodeSize> nodes) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= nodes.size(); i++) {
      if (i == nodes.size() || !nodes.get(i).equals(nodes.get(start))) {
        int count = i - start;
        words.add((count == 1 ? "" : count + "x") + nodes.get(start).text());
        start = i;
      }
    }
    return String.join(",", words);
  }
}
