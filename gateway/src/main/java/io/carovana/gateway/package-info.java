@NullMarked
package io.carovana.gateway;

import org.jspecify.annotations.NullMarked;
