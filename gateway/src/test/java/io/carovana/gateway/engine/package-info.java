/** Tests of {@code engine}. */
@NullMarked
package io.carovana.gateway.engine;

import org.jspecify.annotations.NullMarked;
