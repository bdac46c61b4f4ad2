/** Logits compared with stored ones of an independent implementation. */
@NullMarked
package io.carovana.worker.reference;

import org.jspecify.annotations.NullMarked;
