/** Tests of {@code request}. */
@NullMarked
package io.carovana.gateway.request;

import org.jspecify.annotations.NullMarked;
