@NullMarked
package io.carovana.worker;

import org.jspecify.annotations.NullMarked;
