/** From the bytes of a body to typed, checked requests: pure, no I/O, no clock. */
@NullMarked
package io.carovana.gateway.request;

import org.jspecify.annotations.NullMarked;
