/**
 * What runs next: requests, their ledger, KV pages and the scheduler that forms steps. Pure state
 * machines; time comes in as an argument, and nothing here starts a thread or sends a message.
 */
@NullMarked
package io.carovana.coordinator.schedule;

import org.jspecify.annotations.NullMarked;
