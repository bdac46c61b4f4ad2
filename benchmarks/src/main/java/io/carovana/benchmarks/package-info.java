@NullMarked
package io.carovana.benchmarks;

import org.jspecify.annotations.NullMarked;
