package io.carovana.cli.up;

import java.util.List;

/**
 * One process that the supervisor keeps alive.
 *
 * @param name its name in the instance, such as {@code worker-1}
 * @param kind what it is
 * @param arguments of the launcher, the role first
 * @param jvmOptions heap and the like, separated by spaces
 */
record ChildSpec(String name, Kind kind, List<String> arguments, String jvmOptions) {
  /** What a process is; declared in the order in which they are stopped. */
  enum Kind {
    /** Takes no new requests once it is gone, so it goes first. */
    GATEWAY,
    /** Ends what still runs. */
    COORDINATOR,
    /** Holds a shard. */
    WORKER
  }

  /** Copies the list. */
  ChildSpec {
    arguments = List.copyOf(arguments);
  }
}
