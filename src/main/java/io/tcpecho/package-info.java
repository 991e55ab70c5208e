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
 *                     waiting      exchanging           half-closed   lingering
 *  client closes      empty        not seen             closed        closed
 *  client resets      reset        reset, at the write  closed        closed
 *  no PROXY header    malformed    -                    -             -
 *  time is over       timeout      no limit             lingering     closed
 *  linger.max-bytes   -            -                    closed        closed
 *  no reply           -            error                -             -
 *  the handler fails  -            error                only logged   only logged
 *  the loop fails     error        error                closed        closed
 *  a stop             aborted      aborted              closed        closed
 * </pre>
 *
 * After the reply it is echoed, whatever comes. Two ends come before the first state: a
 * connection that could not be made is an error, and one that a stop turns away is
 * aborted. Where one is required, a {@linkplain io.tcpecho.ProxyHeader PROXY header} is
 * read while waiting, before the message or together with it; to close within it is
 * malformed, too.
 * <p>
 * {@link io.tcpecho.EchoConnection} is that one connection, and
 * {@link io.tcpecho.EchoListener} the loop that drives it: read these two from top to
 * bottom. {@link io.tcpecho.OpenConnections} has all connections of a loop, and cuts them
 * at its end. A connection is <em>active</em> (the gauge) up to the end of its exchange,
 * and <em>open</em> (in health, and for the limit) until its descriptor is free.
 */
@NullMarked
package io.tcpecho;

import org.jspecify.annotations.NullMarked;
