/**
 * Weight files: Hugging Face folders and GGUF, checked before anything is believed, and read slice
 * by slice. Start at {@link io.carovana.model.files.ModelFiles}.
 */
@NullMarked
package io.carovana.model.files;

import org.jspecify.annotations.NullMarked;
