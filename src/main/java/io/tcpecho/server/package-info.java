/**
 * A connection's way, from accept to close. Start reading with
 * {@link io.tcpecho.server.EchoConnection}, whose {@code run()} has it from top to
 * bottom. {@link io.tcpecho.server.EchoServerSocket} accepts, and
 * {@link io.tcpecho.server.Drain} is what SIGTERM does. {@link io.tcpecho.server.Watcher}
 * is the clock, and {@link io.tcpecho.server.Availability} what probes are told.
 * <p>
 * A connection is <em>active</em> until its exchange has ended, then it <em>lingers</em>;
 * it is <em>open</em>, and has a permit, until its descriptor is free.
 */
@NullMarked
package io.tcpecho.server;

import org.jspecify.annotations.NullMarked;
