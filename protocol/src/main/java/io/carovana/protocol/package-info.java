/** Control-plane messages, identifiers and the failure taxonomy. */
@NullMarked
package io.carovana.protocol;

import org.jspecify.annotations.NullMarked;
