@NullMarked
package io.carovana.worker.sampling;

import org.jspecify.annotations.NullMarked;
