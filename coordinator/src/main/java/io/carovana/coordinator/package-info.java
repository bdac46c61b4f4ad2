@NullMarked
package io.carovana.coordinator;

import org.jspecify.annotations.NullMarked;
