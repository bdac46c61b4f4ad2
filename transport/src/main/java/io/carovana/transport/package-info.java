/** The data plane: Aeron channels, frames and collectives. Knows ranks and floats, not models. */
@NullMarked
package io.carovana.transport;

import org.jspecify.annotations.NullMarked;
