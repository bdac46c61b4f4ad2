/**
 * A worker towards its coordinator: says what it has, takes assignments, loads shards, starts and
 * ends step engines, and keeps what it holds when the coordinator goes.
 */
@NullMarked
package io.carovana.worker.control;

import org.jspecify.annotations.NullMarked;
