/** Models and memory as commands see them. */
@NullMarked
package io.carovana.cli.model;

import org.jspecify.annotations.NullMarked;
