package io.carovana.worker.kernels;

import io.carovana.model.Numerics;
import io.carovana.model.quant.KvProfile;
import io.carovana.model.shard.Range;
import io.carovana.model.shard.ReductionTree;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 of every operation's output (little-endian f32) for fixed inputs, which are made of whole
 * numbers and powers of two so that nothing but the kernels can change them.
 */
final class KernelDigests {
  private final Kernels kernels;
  private final KernelScratch scratch = new KernelScratch(SHAPE);
  private final Map<String, String> digests = new TreeMap<>();
  private long state = 1;

  private static final AttentionShape SHAPE = new AttentionShape(2, 2, 24);
  private static final int POSITIONS = 270;

  private KernelDigests(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Digests by name of operation. */
  static Map<String, String> of(Kernels kernels) {
    KernelDigests made = new KernelDigests(kernels);
    for (PanelFormat format : PanelFormat.values()) {
      made.products(format);
    }
    made.rows();
    made.attention();
    made.attention(KvProfile.Q8);
    made.attention(KvProfile.BF16);
    return made.digests;
  }

  private void products(PanelFormat format) {
    int block = Math.max(32, format.block());
    LeafProgram leaves =
        LeafProgram.of(new ReductionTree(5), new Range(1, 5), leaf -> leaf * block);
    Panels weights = panels(format, 37, 4 * block);
    Activations x = new Activations(5, 4 * block, format.quantized());
    fill(x.values());
    if (format.quantized()) {
      kernels.quantize(x, format.block(), 0, 5);
      record("quantize-" + format.block(), x.codes(), x.scales());
    }
    float[] out = new float[5 * 37];
    kernels.multiply(weights, 0, weights.count(), x, 0, 5, out, 0, 37, scratch);
    float[] nodes = new float[leaves.nodes() * 5 * 37];
    kernels.multiplyTree(weights, 0, weights.count(), leaves, x, 0, 5, nodes, 5, scratch);
    record("multiply-" + format, out, nodes);
  }

  private Panels panels(PanelFormat format, int rows, int columns) {
    return switch (format) {
      case F32 -> {
        FloatPanels panels = new FloatPanels(rows, columns);
        fill(panels.values());
        yield panels;
      }
      case F16, BF16 -> {
        HalfPanels panels = new HalfPanels(format, rows, columns);
        for (int i = 0; i < panels.values().length; i++) {
          panels.values()[i] = (short) (0x3c00 + (next() & 0x80ff));
        }
        yield panels;
      }
      default -> {
        IntegerPanels panels = new IntegerPanels(format, rows, columns, 0);
        for (int i = 0; i < panels.codes().length; i++) {
          panels.codes()[i] = (short) next();
        }
        for (int i = 0; i < panels.highs().length; i++) {
          panels.highs()[i] = (short) next();
        }
        for (int i = 0; i < panels.subScales().length; i++) {
          panels.subScales()[i] = (byte) (next() & 63);
        }
        for (int i = 0; i < panels.scales().length; i++) {
          panels.scales()[i] = (short) (0x2000 + (next() & 0x83ff));
        }
        yield panels;
      }
    };
  }

  private void rows() {
    float[] x = floats(331);
    float[] out = new float[331];
    kernels.rmsNorm(x, 0, floats(331), 1e-5f, out, 0, 331, scratch);
    record("rmsNorm", out);
    kernels.siluMultiply(x, 0, floats(331), 0, out, 0, 331);
    record("siluMultiply", out);
    Rope rope = new Rope(1_000_000, 24);
    float[] cos = new float[12];
    float[] sin = new float[12];
    rope.fill(100_003, cos, sin, 0);
    kernels.rotate(x, 0, 10, 24, cos, sin, 0);
    record("rotate", x, cos, sin);
    kernels.add(x, 0, out, 0, 331);
    record("add", x);
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 200) * 0.515625f;
    }
    kernels.exp(x, 0, 331);
    record("exp", x);
  }

  private void attention() {
    int pages = (POSITIONS + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
    KvView kv = KvView.allocate(KvProfile.F32, SHAPE, pages);
    int[] table = new int[pages];
    for (int page = 0; page < pages; page++) {
      float[] keys = floats(SHAPE.kvHeads() * SHAPE.headDim() * Numerics.KV_PAGE_TOKENS);
      float[] values = floats(keys.length);
      table[page] = pages - 1 - page;
      store(kv, page, keys, values);
    }
    record("attention", attend(kv, table));
  }

  /** Keys {@code [kvHead][headDim][32 slots]}, values {@code [kvHead][32 slots][headDim]}. */
  private static void store(KvView kv, int page, float[] keys, float[] values) {
    int headDim = SHAPE.headDim();
    int slots = Numerics.KV_PAGE_TOKENS;
    float[] k = new float[SHAPE.kvHeads() * headDim];
    float[] v = new float[k.length];
    for (int slot = 0; slot < slots; slot++) {
      for (int i = 0; i < k.length; i++) {
        k[i] = keys[i * slots + slot];
        v[i] = values[(i / headDim * slots + slot) * headDim + i % headDim];
      }
      kv.store(page, slot, k, 0, v, 0);
    }
  }

  private void attention(KvProfile profile) {
    int pages = (POSITIONS + Numerics.KV_PAGE_TOKENS - 1) / Numerics.KV_PAGE_TOKENS;
    KvView kv = KvView.allocate(profile, SHAPE, pages);
    int[] table = new int[pages];
    int kvWidth = SHAPE.kvHeads() * SHAPE.headDim();
    for (int position = 0; position < POSITIONS; position++) {
      int page = position / Numerics.KV_PAGE_TOKENS;
      table[page] = pages - 1 - page;
      int slot = position % Numerics.KV_PAGE_TOKENS;
      kv.store(table[page], slot, floats(kvWidth), 0, floats(kvWidth), 0);
    }
    record("attention-" + profile.id(), attend(kv, table));
  }

  private float[] attend(KvView kv, int[] table) {
    int width = SHAPE.kvHeads() * SHAPE.group() * SHAPE.headDim();
    float[] q = floats(20 * width);
    float[] out = new float[20 * width];
    for (int head = 0; head < SHAPE.kvHeads(); head++) {
      int first = POSITIONS - 20;
      kernels.attention(kv, table, 0, head, q, 0, width, 20, first, out, 0, width, scratch);
    }
    return out;
  }

  /** A 64-bit linear congruential generator (Knuth's constants), upper bits. */
  private int next() {
    state = state * 6364136223846793005L + 1442695040888963407L;
    return (int) (state >>> 32);
  }

  private float[] floats(int length) {
    float[] values = new float[length];
    fill(values);
    return values;
  }

  private void fill(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (next() >> 8) * 0x1p-22f;
    }
  }

  private void record(String name, float[]... outputs) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (float[] output : outputs) {
        ByteBuffer bytes =
            ByteBuffer.allocate(output.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(output);
        digest.update(bytes.array());
      }
      digests.put(name, HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
