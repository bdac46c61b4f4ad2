/**
 * From a row of logits to a token: a pure function of the logits, the parameters, the seed and the
 * position (docs/numerics.md, rule 8).
 */
@NullMarked
package io.carovana.worker.sampling;

import org.jspecify.annotations.NullMarked;
