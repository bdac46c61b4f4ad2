/**
 * The control plane's plumbing: an actor system that speaks only the messages of control.proto, and
 * the link by which workers and gateways find their coordinator again.
 */
@NullMarked
package io.carovana.protocol.cluster;

import org.jspecify.annotations.NullMarked;
