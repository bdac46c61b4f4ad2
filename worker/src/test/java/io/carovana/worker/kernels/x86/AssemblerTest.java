package io.carovana.worker.kernels.x86;

import static io.carovana.worker.kernels.x86.Assembler.R10;
import static io.carovana.worker.kernels.x86.Assembler.R11;
import static io.carovana.worker.kernels.x86.Assembler.R12;
import static io.carovana.worker.kernels.x86.Assembler.R13;
import static io.carovana.worker.kernels.x86.Assembler.R8;
import static io.carovana.worker.kernels.x86.Assembler.R9;
import static io.carovana.worker.kernels.x86.Assembler.RAX;
import static io.carovana.worker.kernels.x86.Assembler.RBP;
import static io.carovana.worker.kernels.x86.Assembler.RBX;
import static io.carovana.worker.kernels.x86.Assembler.RCX;
import static io.carovana.worker.kernels.x86.Assembler.RDI;
import static io.carovana.worker.kernels.x86.Assembler.RDX;
import static io.carovana.worker.kernels.x86.Assembler.RSI;
import static io.carovana.worker.kernels.x86.Assembler.RSP;
import static org.assertj.core.api.Assertions.assertThat;

import io.carovana.worker.kernels.x86.Assembler.Condition;
import io.carovana.worker.kernels.x86.Assembler.Label;
import io.carovana.worker.kernels.x86.Assembler.Memory;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Encodings as the GNU assembler gives them with {@code {disp32}}; where an instruction has two,
 * the other one was checked with its disassembler.
 */
class AssemblerTest {
  @Test
  void wideInstructionsWithRegisters() {
    expect("62921d4850d9", simd -> simd.dotBytes(3, 12, 25));
    expect("62912d4072d004", simd -> simd.shiftRight(26, 24, 4));
    expect("6291554872f510", simd -> simd.shiftLeft(5, 29, 16));
    expect("62b15d4072e41f", simd -> simd.shiftRightSigned(20, 20, 31));
    expect("6203354025e6f8", simd -> simd.orAnd(28, 25, 30));
    expect("62031d4025e4ff", simd -> simd.ones(28));
    expect("62b17c485bff", simd -> simd.toFloat(7, 23));
    expect("62b17d485bff", simd -> simd.toWhole(7, 23));
    expect("62235d4003cc08", simd -> simd.rotate(25, 20, 8));
    expect("6272654036d7", simd -> simd.permute(10, 19, 7));
    expect("62922d402cc9", simd -> simd.scaleByPower(1, 26, 25));
    expect("62126d48b8f2", simd -> simd.fma(14, 2, 26));
    expect("62626540a8cb", simd -> simd.fmaInto(25, 19, 3));
    expect("62012c405edd", simd -> simd.divideFloat(27, 26, 29));
    expect("62f16c405fc0", simd -> simd.maxFloat(0, 18, 0));
    expect("62523d483dc2", simd -> simd.max(8, 8, 10));
    expect("62a10d48dfc0", simd -> simd.andNot(16, 14, 16));
    expect("6262ed4083ec", simd -> simd.pickBits(29, 18, 4));
  }

  @Test
  void wideInstructionsWithMemory() {
    Memory indexed = Memory.at(RSI, RAX, 4, 0x1c).toAllLanes();
    expect("62e20d50508c861c000000", simd -> simd.dotBytes(17, 30, indexed));
    expect("62617e486f8740000000", simd -> simd.load(24, Memory.at(RDI, 0x40)));
    expect("62717e487f8c2418000000", simd -> simd.store(Memory.at(RSP, 0x18), 9));
    expect("62627d4858bd04000000", simd -> simd.broadcast(31, Memory.at(RBP, 4).toAllLanes()));
    expect("6273754025b980000000e4", simd -> simd.keep(15, 17, Memory.at(RCX, 0x80)));
    expect("62629d4083a240000000", simd -> simd.pickBits(28, 28, Memory.at(RDX, 0x40)));
    expect("62427d48138020000000", simd -> simd.widenHalves(24, Memory.at(R8, 0x20)));
    expect("62427d48209120000000", simd -> simd.widenBytes(26, Memory.at(R9, 0x20)));
    expect("62727d4833a720000000", simd -> simd.widenUnsigned(12, Memory.at(RDI, 0x20)));
    expect("62527e4831b810010000", simd -> simd.storeLowBytes(Memory.at(R8, 0x110), 15));
    expect("62f1154072b24000000010", simd -> simd.shiftLeft(29, Memory.at(RDX, 0x40), 16));
    Memory scaled = Memory.at(RSI, RCX, 1, 0x2c).toAllLanes();
    expect("62613c5059940e2c000000", simd -> simd.multiplyFloat(26, 24, scaled));
    expect("62617e4811b614000000", simd -> simd.storeLowest(Memory.at(RSI, 0x14), 30));
  }

  @Test
  void generalInstructions() {
    expectCode("4c8b9600000000", code -> code.load(R10, Memory.at(RSI, 0)));
    expectCode("488b842428000000", code -> code.load(RAX, Memory.at(RSP, 0x28)));
    expectCode("4803bc2410000000", code -> code.add(RDI, Memory.at(RSP, 0x10)));
    expectCode("488d8c4000000000", code -> code.address(RCX, Memory.at(RAX, RAX, 2, 0)));
    expectCode("4c8da48900000000", code -> code.address(R12, Memory.at(RCX, RCX, 4, 0)));
    expectCode("4903ed", code -> code.addRegister(RBP, R13));
    expectCode("4c2be7", code -> code.subtractRegister(R12, RDI));
    // The assembler leaves out the bit for 64 bits (43 for 4b), which means nothing here.
    expectCode("4b0f18942240000000", code -> code.prefetch(Memory.at(R10, R12, 1, 0x40)));
    expectCode("4981c300010000", code -> code.add(R11, 0x100));
    expectCode("4881eb01000000", code -> code.subtract(RBX, 1));
    expectCode("4d3bc3", code -> code.compare(R8, R11));
    expectCode("4d0fafd3", code -> code.multiply(R10, R11));
    expectCode("4d8bd8", code -> code.move(R11, R8));
    expectCode("534154415c5b", AssemblerTest::saveAndRestore);
    expectCode("c5f877c3", Assembler::leave);
  }

  private static void saveAndRestore(Assembler code) {
    code.push(RBX);
    code.push(R12);
    code.pop(R12);
    code.pop(RBX);
  }

  @Test
  void jumpsBackAndAhead() {
    expectCode(
        "4d8bd8" + "0f85f7ffffff" + "0f8403000000" + "4d8bd8" + "c5f877c3",
        code -> {
          Label back = new Label();
          Label ahead = new Label();
          code.place(back);
          code.move(R11, R8);
          code.jump(Condition.NOT_ZERO, back);
          code.jump(Condition.ZERO, ahead);
          code.move(R11, R8);
          code.place(ahead);
          code.leave();
        });
  }

  @Test
  void constantsAreFoundFromTheInstructionPointer() {
    expectCode(
        "488d05" + "01000000" + "cc" + "07000000",
        code -> {
          Label constant = new Label();
          code.address(RAX, constant);
          code.align(8);
          code.place(constant);
          code.word(7);
        });
  }

  private static void expect(String hex, Consumer<Simd> write) {
    expectCode(hex, code -> write.accept(new Simd(code)));
  }

  private static void expectCode(String hex, Consumer<Assembler> write) {
    Assembler code = new Assembler();
    write.accept(code);
    assertThat(HexFormat.of().formatHex(code.finish())).isEqualTo(hex);
  }
}
