/**
 * Checked requests at work: one {@link io.carovana.gateway.generation.Generation} per HTTP request
 * submits its choices and turns their tokens into visible text.
 */
@NullMarked
package io.carovana.gateway.generation;

import org.jspecify.annotations.NullMarked;
