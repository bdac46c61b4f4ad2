/**
 * Where the shards go: pure arithmetic from what nodes report to a placement explained in words.
 */
@NullMarked
package io.carovana.coordinator.placement;

import org.jspecify.annotations.NullMarked;
