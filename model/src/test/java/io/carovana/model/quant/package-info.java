/** Tests of the block codecs against gguf-py, and of Carovana's own formats. */
@NullMarked
package io.carovana.model.quant;

import org.jspecify.annotations.NullMarked;
