/** Tests of the tokenizer against what the sentencepiece library gave. */
@NullMarked
package io.carovana.model.tokenizer;

import org.jspecify.annotations.NullMarked;
