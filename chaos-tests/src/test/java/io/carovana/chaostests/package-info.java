/**
 * The built distribution as real processes, with real faults: what a client sees, and that answers
 * are byte-equal to {@code generate}'s.
 */
@NullMarked
package io.carovana.chaostests;

import org.jspecify.annotations.NullMarked;
