/** Tests of {@code text}. */
@NullMarked
package io.carovana.gateway.text;

import org.jspecify.annotations.NullMarked;
