package io.carovana.worker.kernels.x86;

import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;
import java.util.LinkedHashMap;
import java.util.Map;

/** Words behind a function's code that its instructions read into all lanes. */
final class Constants {
  private static final int ALIGNMENT = 64;

  private final Assembler code;
  private final int register;
  private final Label place = new Label();
  private final Map<Integer, Integer> words = new LinkedHashMap<>();

  /**
   * Constants of a function.
   *
   * @param register a general register that holds their address
   */
  Constants(Assembler code, int register) {
    this.code = code;
    this.register = register;
  }

  /** Writes what sets the register. */
  void prepare() {
    code.address(register, place);
  }

  /** A float. */
  Memory of(float value) {
    return ofBits(Float.floatToRawIntBits(value));
  }

  /** A word. */
  Memory ofBits(int bits) {
    int index = words.computeIfAbsent(bits, key -> words.size());
    return Memory.at(register, index * Integer.BYTES).toAllLanes();
  }

  /** Writes them, behind the code. */
  void write() {
    code.align(ALIGNMENT);
    code.place(place);
    words.keySet().forEach(code::word);
  }
}
