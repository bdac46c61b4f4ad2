/** Writers of small models for tests of this and of other modules. */
@NullMarked
package io.carovana.model.testing;

import org.jspecify.annotations.NullMarked;
