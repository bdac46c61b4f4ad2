/** Tests of {@code http}. */
@NullMarked
package io.carovana.gateway.http;

import org.jspecify.annotations.NullMarked;
