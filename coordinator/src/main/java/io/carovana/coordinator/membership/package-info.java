/**
 * Who is there and what they hold: the coordinator singleton, its registers of workers and
 * gateways, and the life of an epoch from assignment to its end.
 */
@NullMarked
package io.carovana.coordinator.membership;

import org.jspecify.annotations.NullMarked;
