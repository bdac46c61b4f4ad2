/**
 * SentencePiece BPE as Code Llama uses it: the vocabulary and the files it comes from, text to ids,
 * ids to text, and ids to text while they are still arriving.
 */
@NullMarked
package io.carovana.model.tokenizer;

import org.jspecify.annotations.NullMarked;
