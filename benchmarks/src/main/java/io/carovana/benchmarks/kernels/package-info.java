/** How far the kernels are from what the machine can do; {@code benchmarks/run-kernels.sh}. */
@NullMarked
package io.carovana.benchmarks.kernels;

import org.jspecify.annotations.NullMarked;
