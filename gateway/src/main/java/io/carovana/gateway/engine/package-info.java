/** The seam between HTTP and the cluster, and its implementation over the control plane. */
@NullMarked
package io.carovana.gateway.engine;

import org.jspecify.annotations.NullMarked;
