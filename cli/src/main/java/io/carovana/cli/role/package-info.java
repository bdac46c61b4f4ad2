/**
 * The roles of the cluster as commands: settings in, a process that lives until it is told to stop.
 */
@NullMarked
package io.carovana.cli.role;

import org.jspecify.annotations.NullMarked;
