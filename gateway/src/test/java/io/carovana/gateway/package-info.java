/** Tests of the gateway's process. */
@NullMarked
package io.carovana.gateway;

import org.jspecify.annotations.NullMarked;
