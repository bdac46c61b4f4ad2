/** The arithmetic: one scalar specification and faster kernels with the same bits. */
@NullMarked
package io.carovana.worker.kernels;

import org.jspecify.annotations.NullMarked;
