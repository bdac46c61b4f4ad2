/**
 * A whole cluster in one process, without a network: N ranks and stages over shared arrays. The
 * oracle of every equality test, and the engine behind {@code generate} and {@code bench}.
 */
@NullMarked
package io.carovana.worker.local;

import org.jspecify.annotations.NullMarked;
