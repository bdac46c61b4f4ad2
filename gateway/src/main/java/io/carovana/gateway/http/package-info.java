/** Routes, authentication, limits of connections and bodies, answers whole and streamed. */
@NullMarked
package io.carovana.gateway.http;

import org.jspecify.annotations.NullMarked;
