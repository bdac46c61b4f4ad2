/**
 * From what a client asks to the ids a model is given: plain completions, infilling, and the two
 * instruct formats. Text of a client never becomes a sentinel here, except in the one form of
 * infilling that editors write as text.
 */
@NullMarked
package io.carovana.model.prompt;

import org.jspecify.annotations.NullMarked;
