/**
 * One running {@code up}: its folder, its lock and what is written down about its processes. Uses
 * the JDK alone, so that the launcher can run {@link io.carovana.cli.instance.Preflight} from
 * source before anything is built.
 */
@NullMarked
package io.carovana.cli.instance;

import org.jspecify.annotations.NullMarked;
