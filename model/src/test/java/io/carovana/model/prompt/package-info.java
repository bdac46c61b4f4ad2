/** Tests of the prompt formats. */
@NullMarked
package io.carovana.model.prompt;

import org.jspecify.annotations.NullMarked;
