/**
 * Between text and token ids: the model's tokenizer and prompts, decoding streams, stop strings.
 */
@NullMarked
package io.carovana.gateway.text;

import org.jspecify.annotations.NullMarked;
