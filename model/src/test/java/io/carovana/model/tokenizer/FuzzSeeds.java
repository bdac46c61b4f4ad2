package io.carovana.model.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the seed inputs of the fuzz test; see docs/fuzzing.md for the command. */
final class FuzzSeeds {
  private FuzzSeeds() {}

  /**
   * @param args the folder {@code model/src/test/resources}
   */
  public static void main(String[] args) throws IOException {
    Path inputs =
        Files.createDirectories(
            Path.of(args[0]).resolve("io/carovana/model/tokenizer/ModelProtoFuzzTestInputs/model"));
    Files.write(inputs.resolve("seed-unknown.model"), model(false));
    Files.write(inputs.resolve("seed-bytes.model"), model(true));
  }

  private static byte[] model(boolean bytes) {
    return Protos.message(
        out -> {
          out.writeByteArray(1, Protos.piece("<unk>", 0, PieceType.UNKNOWN));
          out.writeByteArray(1, Protos.piece("<s>", 0, PieceType.CONTROL));
          out.writeByteArray(1, Protos.piece("</s>", 0, PieceType.CONTROL));
          for (int value = 0; bytes && value < 256; value++) {
            out.writeByteArray(1, Protos.piece("<0x%02X>".formatted(value), 0, PieceType.BYTE));
          }
          String[] pieces = {"▁", "a", "b", "ab", "▁a", "▁ab", "é", "▁<MID>", "▁▁", "aa"};
          for (int i = 0; i < pieces.length; i++) {
            out.writeByteArray(1, Protos.piece(pieces[i], -i, PieceType.NORMAL));
          }
          out.writeByteArray(1, Protos.piece("<x>", 0, PieceType.USER_DEFINED));
          out.writeByteArray(1, Protos.piece("[PAD]", 0, PieceType.UNUSED));
          out.writeByteArray(
              2,
              Protos.message(
                  trainer -> {
                    trainer.writeEnum(3, 2);
                    trainer.writeBool(35, bytes);
                    trainer.writeString(44, " ? ");
                  }));
          out.writeByteArray(3, Protos.message(normalizer -> normalizer.writeBool(4, false)));
        });
  }
}
