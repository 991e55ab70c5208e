/**
 * The command-line sender: one exchange, or a series of them, with an echo service, each
 * judged against what was expected, or as many as it takes to measure an outage. It uses
 * no Spring, so that it starts fast.
 */
@NullMarked
package io.tcpecho.send;

import org.jspecify.annotations.NullMarked;
