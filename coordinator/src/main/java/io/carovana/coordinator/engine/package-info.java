/**
 * The scheduler at work: one thread that binds it to an epoch's data plane, measures the ranks,
 * watches that they live, and tells gateways what became of their requests.
 */
@NullMarked
package io.carovana.coordinator.engine;

import org.jspecify.annotations.NullMarked;
