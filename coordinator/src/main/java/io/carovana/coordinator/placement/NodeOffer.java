package io.carovana.coordinator.placement;

/**
 * A node that can take a rank.
 *
 * @param node its name
 * @param memoryBytes what weights, KV cache and workspace may take there
 * @param threads its compute threads
 */
public record NodeOffer(String node, long memoryBytes, int threads) {}
