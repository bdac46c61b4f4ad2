/** Shard-plan arithmetic: who owns which layers, heads, leaves and vocabulary rows. */
@NullMarked
package io.carovana.model.shard;

import org.jspecify.annotations.NullMarked;
