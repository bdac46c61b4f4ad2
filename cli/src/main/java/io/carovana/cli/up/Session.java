package io.carovana.cli.up;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** POSIX sessions. */
final class Session {
  private Session() {}

  /**
   * Makes this process the leader of a session of its own, out of reach of its terminal's keyboard
   * and hang-up ({@code setsid(2)}).
   */
  static void lead() {
    Linker linker = Linker.nativeLinker();
    MethodHandle setsid =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setsid"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      // It fails only for a process that leads its group already, which has what it needs.
      int session = (int) setsid.invokeExact();
      assert session != 0;
    } catch (Throwable e) {
      throw new IllegalStateException("setsid", e);
    }
  }
}
