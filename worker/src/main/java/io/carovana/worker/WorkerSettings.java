package io.carovana.worker;

import io.carovana.protocol.NodeSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is started with; model, quantization, KV precision and context come from the
 * coordinator.
 *
 * @param node addresses and folders
 * @param model where this machine has the model; null for the coordinator's path
 * @param memoryBytes what weights, KV cache and workspace may take
 * @param threads compute threads
 */
public record WorkerSettings(
    NodeSettings node, @Nullable Path model, long memoryBytes, int threads) {}
