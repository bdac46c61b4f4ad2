/** Tests of {@code generation}. */
@NullMarked
package io.carovana.gateway.generation;

import org.jspecify.annotations.NullMarked;
