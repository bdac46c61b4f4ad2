/**
 * A mixed load on a running cluster: {@link io.carovana.benchmarks.load.MixedLoad} says what is
 * run, {@code Client} sends it, {@code Figures} keeps what was measured.
 */
@NullMarked
package io.carovana.benchmarks.load;

import org.jspecify.annotations.NullMarked;
