/** Asks a gateway on behalf of the operator. */
@NullMarked
package io.carovana.cli.admin;

import org.jspecify.annotations.NullMarked;
