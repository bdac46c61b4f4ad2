@NullMarked
package io.carovana.worker.shard;

import org.jspecify.annotations.NullMarked;
