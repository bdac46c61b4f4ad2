/** Tests of the memory arithmetic and of what is proposed when a model does not fit. */
@NullMarked
package io.carovana.model.memory;

import org.jspecify.annotations.NullMarked;
