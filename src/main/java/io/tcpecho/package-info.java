/**
 * The echo service. The life of one connection, and the outcome it is counted as:
 *
 * <pre>
 *                  end of stream: empty       no message in time: timeout
 *                  reset: reset               no PROXY header: malformed
 *                  stop: aborted
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
 * Where one is required, a {@linkplain io.tcpecho.ProxyHeader PROXY header} is read while
 * waiting, before the message or together with it.
 * <p>
 * A fault of the service is counted as error, wherever it comes. A stop also closes what
 * is half-closed or lingers. {@link io.tcpecho.EchoConnection} is that one connection,
 * and {@link io.tcpecho.EchoListener} the loop that drives it: read these two from top to
 * bottom. A connection is <em>active</em> (the gauge) up to the end of its exchange, and
 * <em>open</em> (in health, and for the limit) up to the close.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
