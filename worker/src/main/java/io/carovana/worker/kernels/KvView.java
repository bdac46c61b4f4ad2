package io.carovana.worker.kernels;

/**
 * One layer's KV pages as {@link Kernels#attention} reads them.
 *
 * @param shape heads and page layout
 * @param keyPages key pages by number, each {@link AttentionShape#pageFloats} long
 * @param valuePages value pages by number
 */
public record KvView(AttentionShape shape, float[][] keyPages, float[][] valuePages) {}
