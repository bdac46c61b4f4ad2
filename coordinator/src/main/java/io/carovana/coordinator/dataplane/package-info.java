/**
 * The coordinator's end of the data plane: step plans out to the ranks, results and progress back,
 * and the judgement who is alive.
 */
@NullMarked
package io.carovana.coordinator.dataplane;

import org.jspecify.annotations.NullMarked;
