/**
 * Kernels in machine code for x86-64 processors with AVX-512, VNNI and VBMI. The JDK's vectors have
 * no instruction that multiplies bytes; here the code is written at the start, from Java, and
 * called through the foreign-function API. Other processors never see it.
 */
@NullMarked
package io.carovana.worker.kernels.x86;

import org.jspecify.annotations.NullMarked;
