package io.carovana.cli.up;

/** Asks a gateway how the cluster is doing. */
@FunctionalInterface
interface GatewayProbe {
  /**
   * What the cluster says of itself.
   *
   * @param ready whether requests are answered
   * @param progress one line on what it is doing; empty when the gateway does not answer
   */
  record Health(boolean ready, String progress) {}

  /** Asks now; never blocks for longer than a moment. */
  Health probe();
}
