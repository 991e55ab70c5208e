/**
 * The echo service. The life of one connection, and the outcome it is counted as:
 *
 * <pre>
 *                  end of stream: empty       no byte in time: timeout
 *                  reset: reset               stop: aborted
 *             +-----------------------------------------------------------------------+
 *             |                                                                       v
 *  accept --> waiting --message--> exchanging --reply--> half-closed --> lingering --> closed
 *                                      |        echoed        |   after 10 ms         ^
 *                                      +----------------------+-----------------------+
 *                                        client gone: reset     client has closed, or
 *                                        no reply: error        1 s or 64 KB are over
 *                                        stop: aborted
 * </pre>
 *
 * A fault of the service is counted as error, wherever it comes. A stop also closes what
 * is half-closed or lingers. {@link io.tcpecho.EchoConnection} is that one connection,
 * and {@link io.tcpecho.EchoListener} the loop that drives it: read these two from top to
 * bottom. A connection is <em>active</em> (the gauge) up to the end of its exchange, and
 * <em>open</em> (in health, and for the limit) up to the close.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
