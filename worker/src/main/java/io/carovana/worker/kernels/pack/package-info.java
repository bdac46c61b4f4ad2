/** Repacks rows of model files into panels, at load. */
@NullMarked
package io.carovana.worker.kernels.pack;

import org.jspecify.annotations.NullMarked;
