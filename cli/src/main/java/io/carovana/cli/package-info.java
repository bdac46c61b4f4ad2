/** The {@code carovana} command: what it is called with, and how it ends. */
@NullMarked
package io.carovana.cli;

import org.jspecify.annotations.NullMarked;
