package io.carovana.cli.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How the text of a setting is read. */
interface SettingType {
  /** Placeholder in the help. */
  String label();

  /**
   * The value of {@code text}.
   *
   * @throws IllegalArgumentException saying what would be valid
   */
  Object parse(String text);

  /** Any text. */
  static SettingType text(String label) {
    return of(
        label,
        text -> {
          if (text.isBlank()) {
            throw new IllegalArgumentException("must not be empty");
          }
          return text;
        });
  }

  /** A name that can be part of a file name. */
  static SettingType name() {
    return of(
        "NAME",
        text -> {
          if (!text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw new IllegalArgumentException(
                "must be 1 to 63 letters, digits, dots, dashes or underscores");
          }
          return text;
        });
  }

  /** A whole number of [min, max]. */
  static SettingType integer(String label, int min, int max) {
    return of(
        label,
        text -> {
          try {
            int value = Integer.parseInt(text.strip().replace("_", ""));
            if (value >= min && value <= max) {
              return value;
            }
          } catch (NumberFormatException e) {
            // falls through to the message, which is the same
          }
          throw new IllegalArgumentException("must be a whole number from " + min + " to " + max);
        });
  }

  /** Bytes: a number with an optional unit k, m, g or t (powers of 1024). */
  static SettingType size() {
    return of("SIZE", Sizes::parse);
  }

  /** Bytes of [least, most]. */
  static SettingType size(long least, long most) {
    return of(
        "SIZE",
        text -> {
          long bytes = Sizes.parse(text);
          if (bytes < least || bytes > most) {
            throw new IllegalArgumentException(
                "must be from " + Sizes.format(least) + " to " + Sizes.format(most));
          }
          return bytes;
        });
  }

  /** true or false. */
  static SettingType bool() {
    return of(
        "",
        text ->
            switch (text.strip().toLowerCase(Locale.ROOT)) {
              case "true", "yes", "on", "1" -> true;
              case "false", "no", "off", "0" -> false;
              default -> throw new IllegalArgumentException("must be true or false");
            });
  }

  /** One of a few words. */
  static SettingType choice(String... words) {
    return of(
        String.join("|", words),
        text -> {
          if (!List.of(words).contains(text)) {
            throw new IllegalArgumentException("must be one of " + String.join(", ", words));
          }
          return text;
        });
  }

  /** Positive numbers separated by commas. */
  static SettingType ratios() {
    return of(
        "A,B,…",
        text -> {
          List<Double> ratios = new ArrayList<>();
          for (String part : text.split("[,:]")) {
            double ratio;
            try {
              ratio = Double.parseDouble(part.strip());
            } catch (NumberFormatException e) {
              ratio = 0;
            }
            if (!(ratio > 0) || Double.isInfinite(ratio)) {
              throw new IllegalArgumentException("must be positive numbers such as 3,1");
            }
            ratios.add(ratio);
          }
          return List.copyOf(ratios);
        });
  }

  /** {@code host:port} pairs separated by commas. */
  static SettingType addresses() {
    return of(
        "HOST:PORT,…",
        text -> {
          List<String> addresses = new ArrayList<>();
          for (String part : text.split(",")) {
            String address = part.strip();
            if (!address.matches("(\\[[0-9a-fA-F:]+]|[^\\s:/]+):[0-9]{1,5}")
                || !validPort(address)) {
              throw new IllegalArgumentException(
                  "must be addresses such as 10.0.0.5:7350, separated by commas; ports are 1 to 65535");
            }
            addresses.add(address);
          }
          return List.copyOf(addresses);
        });
  }

  private static boolean validPort(String address) {
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    return port >= 1 && port <= 65_535;
  }

  private static SettingType of(String label, java.util.function.Function<String, Object> parser) {
    return new SettingType() {
      @Override
      public String label() {
        return label;
      }

      @Override
      public Object parse(String text) {
        return parser.apply(text);
      }
    };
  }
}
