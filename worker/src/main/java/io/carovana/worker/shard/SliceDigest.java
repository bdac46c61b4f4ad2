package io.carovana.worker.shard;

import io.carovana.model.shard.Range;

/**
 * SHA-256 of the block of a tensor that a rank holds, row after row as the file stores it, computed
 * while it was read; of 4-bit codes (GPTQ, AWQ) zero points and scales come first.
 *
 * @param tensor name in the file
 * @param rows its rows
 * @param columns its columns, rounded out to whole blocks of the tensor's type
 * @param sha256 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // a digest, compared with Arrays.equals
public record SliceDigest(String tensor, Range rows, Range columns, byte[] sha256) {}
