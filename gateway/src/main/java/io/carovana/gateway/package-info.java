/**
 * The HTTP face of the cluster: {@link io.carovana.gateway.GatewayProcess} starts it, {@code http}
 * speaks to clients, {@code request} turns JSON into typed requests, {@code text} turns text into
 * tokens and back, {@code generation} runs one request, {@code engine} speaks to the coordinator.
 */
@NullMarked
package io.carovana.gateway;

import org.jspecify.annotations.NullMarked;
