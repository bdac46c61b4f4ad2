/**
 * Kernels in the JDK's Vector API; the only package that may use it. Lanes are neighbouring output
 * rows, keys or elements, so every width computes the same chains (docs/numerics.md, rule 1). Read
 * at constant distances, unrolled by hand and kept in small methods: C2 keeps vectors in registers
 * only then.
 */
@NullMarked
package io.carovana.worker.kernels.vector;

import org.jspecify.annotations.NullMarked;
