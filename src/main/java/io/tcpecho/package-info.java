/**
 * The echo service: {@link io.tcpecho.EchoApplication} starts it, and
 * {@link io.tcpecho.EchoConfiguration} has the flow that answers messages. The rest is in
 * rooms: {@code server} is a connection's way, {@code identity} another reply,
 * {@code actuator} keeps probes answered, {@code startup} explains a start that fails,
 * {@code settings} is at the bottom of all, and {@code send} is the command line. This
 * package uses them; none uses it.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
