/** What a model's own files say of its shape. */
@NullMarked
package io.carovana.model.config;

import org.jspecify.annotations.NullMarked;
