/** The commands: one class each, put together by {@link io.carovana.cli.command.CommandTree}. */
@NullMarked
package io.carovana.cli.command;

import org.jspecify.annotations.NullMarked;
