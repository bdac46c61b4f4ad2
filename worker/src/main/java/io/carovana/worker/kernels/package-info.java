/**
 * The arithmetic of a forward pass (docs/numerics.md): {@link
 * io.carovana.worker.kernels.ScalarKernels} is the specification, everything else computes the same
 * bits faster. Threads, buffers and ranges belong to the caller.
 */
@NullMarked
package io.carovana.worker.kernels;

import org.jspecify.annotations.NullMarked;
