/**
 * The step engine of a worker: takes the coordinator's plans in order, runs them on a shard, and
 * reports results and progress.
 */
@NullMarked
package io.carovana.worker.engine;

import org.jspecify.annotations.NullMarked;
