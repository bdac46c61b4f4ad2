/** What the data plane carries besides tensors: step plans, their results, and their encoding. */
@NullMarked
package io.carovana.protocol.step;

import org.jspecify.annotations.NullMarked;
