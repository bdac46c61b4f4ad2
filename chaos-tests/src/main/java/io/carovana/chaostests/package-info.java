@NullMarked
package io.carovana.chaostests;

import org.jspecify.annotations.NullMarked;
