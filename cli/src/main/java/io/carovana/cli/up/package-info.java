/**
 * {@code carovana up}: a supervisor that hosts the media driver and keeps a coordinator, workers
 * and a gateway alive as processes of one machine, until it is told to stop.
 */
@NullMarked
package io.carovana.cli.up;

import org.jspecify.annotations.NullMarked;
