package io.carovana.worker.local;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Requests of the same-bits tests, and one digest over everything a generation gave. */
final class Requests {
  private static final int NEW_TOKENS = 12;

  private Requests() {}

  /** A prompt of random tokens, the same for the same arguments. */
  static int[] prompt(int length, int vocabulary, long seed) {
    Random random = new Random(seed);
    int[] ids = new int[length];
    ids[0] = 1;
    for (int i = 1; i < length; i++) {
      ids[i] = 3 + random.nextInt(vocabulary - 3);
    }
    return ids;
  }

  /** Greedy, with everything reported, also of the prompt. */
  static GenerateRequest greedy(int[] prompt) {
    return new GenerateRequest(prompt, NEW_TOKENS, Set.of(), 0, 1, 0, 0, true, 20, true, true);
  }

  /** Sampled. */
  static GenerateRequest sampled(int[] prompt, long seed) {
    return new GenerateRequest(
        prompt, NEW_TOKENS, Set.of(), 0.8f, 0.9f, seed, 1, true, 5, false, true);
  }

  /** Hex SHA-256 over tokens, digests of all logits, and every log-probability's bits. */
  static String digest(GenerateResult result) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (int id : result.ids()) {
        out.writeInt(id);
      }
      out.writeUTF(result.logitsDigest());
      write(out, result.tokens());
      write(out, result.promptTokens());
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(bytes.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void write(DataOutputStream out, List<GenerateResult.TokenLogprob> tokens)
      throws IOException {
    for (GenerateResult.TokenLogprob token : tokens) {
      out.writeInt(token.id());
      out.writeFloat(token.logprob());
      for (int i = 0; i < token.topIds().length; i++) {
        out.writeInt(token.topIds()[i]);
        out.writeFloat(token.topLogprobs()[i]);
      }
    }
  }
}
