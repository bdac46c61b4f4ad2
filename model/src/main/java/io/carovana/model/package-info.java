/**
 * What the repository holds of a Code Llama: configuration, files, tokenizer, prompts, shard
 * arithmetic.
 */
@NullMarked
package io.carovana.model;

import org.jspecify.annotations.NullMarked;
