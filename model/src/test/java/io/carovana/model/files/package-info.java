/** Tests of the readers: what they accept, and what they refuse and how. */
@NullMarked
package io.carovana.model.files;

import org.jspecify.annotations.NullMarked;
