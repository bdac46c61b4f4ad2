/** Block formats of quantized weights: the files' own and Carovana's. */
@NullMarked
package io.carovana.model.quant;

import org.jspecify.annotations.NullMarked;
