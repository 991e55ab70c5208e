/**
 * The echo service. The life of one connection, and the outcome it is counted as:
 *
 * <pre>
 *                   end of stream: empty       no byte in time: timeout
 *                   reset: reset               drain timeout: aborted
 *              +----------------------------------------------------------+
 *              |                                                          v
 *  accept --> waiting --first read--> exchange --reply--> lingering --> closed
 *                                        |      echoed                    ^
 *                                        +--------------------------------+
 *                                          client gone: reset
 *                                          handler failed: error
 *                                          drain timeout: aborted
 * </pre>
 *
 * {@link io.tcpecho.EchoListener} has it while it waits and lingers,
 * {@link io.tcpecho.EchoConnection} during the exchange, {@link io.tcpecho.EchoSocket}
 * throughout. It is <em>active</em> (the gauge) up to the end of its exchange, and
 * <em>open</em> (in health, and for the limit) up to the close.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
