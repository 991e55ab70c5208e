package io.tcpecho;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Connections that all wait for the same time, so that the one that came first is due
 * first. Not thread-safe.
 */
final class TimeoutQueue {

	private final long nanos;

	private final SequencedSet<EchoConnection> connections = new LinkedHashSet<>();

	TimeoutQueue(Duration timeout) {
		this.nanos = timeout.toNanos();
	}

	void add(EchoConnection connection) {
		this.connections.add(connection);
	}

	void remove(EchoConnection connection) {
		this.connections.remove(connection);
	}

	/** Removes the oldest, if it is due; otherwise null. */
	@Nullable EchoConnection poll(long now) {
		return (untilDue(now) <= 0) ? this.connections.removeFirst() : null;
	}

	/** Nanoseconds until the oldest is due, {@link Long#MAX_VALUE} if there is none. */
	long untilDue(long now) {
		return this.connections.isEmpty() ? Long.MAX_VALUE : this.connections.getFirst().since() + this.nanos - now;
	}

	Stream<EchoConnection> stream() {
		return this.connections.stream();
	}

}
