/** Tests of the data plane: several ranks in one process, over shared memory and loopback UDP. */
@NullMarked
package io.carovana.transport;

import org.jspecify.annotations.NullMarked;
