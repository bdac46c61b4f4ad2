package io.carovana.protocol;

import java.util.Optional;

/** The version of Carovana that runs here; members of a cluster run the same. */
public final class Version {
  /** Version of the distribution; {@code development} outside one. */
  public static final String CURRENT =
      Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
          .orElse("development");

  private Version() {}
}
