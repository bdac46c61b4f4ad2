/**
 * AOT caches of the JDK (classes loaded and linked beforehand, lambdas, method profiles), so that
 * the processes of {@code up} start in a third of the time. {@code up} makes them by itself, in the
 * background; {@code bin/carovana} uses those that are there; a JVM ignores one that does not fit.
 */
@NullMarked
package io.carovana.cli.aot;

import org.jspecify.annotations.NullMarked;
