/**
 * The echo service. The life of one connection:
 *
 * <pre>
 *  accept --> waiting --message--> exchanging --reply--> half-closed --10 ms--> lingering --> closed
 * </pre>
 *
 * It can be closed in each state. What happens then, and what the exchange is counted as:
 *
 * <pre>
 *                    waiting      exchanging           half-closed   lingering
 *  reply written     -            echoed, half-closed  -             -
 *  client closes     empty        (seen later)         closed        closed
 *  client resets     reset        reset, at the write  closed        closed
 *  no PROXY header   malformed    -                    -             -
 *  time is over      timeout      (has no end)         lingering     closed
 *  64 KB are over    -            -                    closed        closed
 *  no reply          -            error                -             -
 *  a fault of ours   error        error                closed        closed
 *  a stop            aborted      aborted              closed        closed
 * </pre>
 *
 * So after the reply it is counted as echoed, whatever comes; a fault is logged all the
 * same. Where one is required, a {@linkplain io.tcpecho.ProxyHeader PROXY header} is read
 * while waiting, before the message or together with it.
 * <p>
 * {@link io.tcpecho.EchoConnection} is that one connection, and
 * {@link io.tcpecho.EchoListener} the loop that drives it: read these two from top to
 * bottom. {@link io.tcpecho.EchoConnections} has all connections of a loop, and cuts them
 * at its end. A connection is <em>active</em> (the gauge) up to the end of its exchange,
 * and <em>open</em> (in health, and for the limit) until its descriptor is free.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
