/**
 * The command-line sender: one exchange, or a series of them, with an echo service, each
 * judged against what was expected, or as many as it takes to measure an outage. Without
 * TLS or a plot it uses no Spring, so that it starts fast.
 * <p>
 * Start at {@link io.tcpecho.send.SendCommand}, whose {@code call} is a whole run. One
 * exchange, from the name of the host to the verdict on the reply, is
 * {@link io.tcpecho.send.EchoClient} from top to bottom; a drill, from its first exchange
 * to its summary, is {@link io.tcpecho.send.Series}.
 *
 * <pre>
 * Commands: SendCommand, with its options in Target and Repetition
 *             |
 *             v    runs
 *           Series ---> EchoClient: Connection, OutgoingHeader, Tls, Request, Instance
 *             |  ^                    |
 *             |  +---- Exchange <-----+   with its Ending
 *             v
 *           Figures ---> Report: lines for people, or Json
 *           Timeline --> Plot: a page, with PlotTables, to a PlotFile
 * </pre>
 */
@NullMarked
package io.tcpecho.send;

import org.jspecify.annotations.NullMarked;
