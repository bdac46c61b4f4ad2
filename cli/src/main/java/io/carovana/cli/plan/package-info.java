/**
 * Whether a model would fit on some nodes, and what would make it fit: {@code placement plan}. The
 * arithmetic is that of {@code model.memory}; here are the variations of a plan and their words.
 */
@NullMarked
package io.carovana.cli.plan;

import org.jspecify.annotations.NullMarked;
