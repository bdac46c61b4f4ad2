/**
 * Settings: one table of names, types and defaults, and where each value came from. Precedence:
 * flag, {@code CAROVANA_*}, configuration file, profile, default.
 */
@NullMarked
package io.carovana.cli.config;

import org.jspecify.annotations.NullMarked;
