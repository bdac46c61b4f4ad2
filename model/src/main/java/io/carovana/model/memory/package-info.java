/** What a model needs in memory, rank by rank, as arithmetic over its tensor table. */
@NullMarked
package io.carovana.model.memory;

import org.jspecify.annotations.NullMarked;
