/** Looks at the machine before it disappoints: each check says what it found and what to do. */
@NullMarked
package io.carovana.cli.doctor;

import org.jspecify.annotations.NullMarked;
