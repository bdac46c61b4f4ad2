/** A rank's shard: its weights, its KV cache, and the step through them. */
@NullMarked
package io.carovana.worker.shard;

import org.jspecify.annotations.NullMarked;
