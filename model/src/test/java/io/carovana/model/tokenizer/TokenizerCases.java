package io.carovana.model.tokenizer;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Texts and ids as {@code tools/fixtures/tokenizer_cases.py} stores them. */
record TokenizerCases(List<Case> texts, List<Case> decodes) {
  /** Ids that belong to a text: encoded from it, or decoded to it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Case(byte[] utf8, int[] ids) {}

  static TokenizerCases read(InputStream stream) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(new GZIPInputStream(stream)))) {
      List<Case> texts = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        byte[] utf8 = in.readNBytes(in.readInt());
        texts.add(new Case(utf8, ids(in)));
      }
      List<Case> decodes = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        int[] ids = ids(in);
        decodes.add(new Case(in.readNBytes(in.readInt()), ids));
      }
      return new TokenizerCases(texts, decodes);
    }
  }

  private static int[] ids(DataInputStream in) throws IOException {
    int[] ids = new int[in.readInt()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = in.readInt();
    }
    return ids;
  }
}
