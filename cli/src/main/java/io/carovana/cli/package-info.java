@NullMarked
package io.carovana.cli;

import org.jspecify.annotations.NullMarked;
