@NullMarked
package io.carovana.worker.local;

import org.jspecify.annotations.NullMarked;
