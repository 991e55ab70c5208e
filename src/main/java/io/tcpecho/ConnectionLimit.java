package io.tcpecho;

import java.lang.management.ManagementFactory;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.management.UnixOperatingSystemMXBean;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * The places for open connections: so many and no more, over all listeners. Thread-safe.
 */
final class ConnectionLimit {

	/** Kept free of connections: the JVM and its jars hold some. */
	private static final int RESERVED_DESCRIPTORS = 192;

	/** Actuator's, where there are descriptors enough. */
	private static final int ACTUATOR_CONNECTIONS = 2400;

	private static final int LEAST_ACTUATOR_CONNECTIONS = 16;

	/** Of a listener: its socket, and two of its selector. */
	static final int DESCRIPTORS_PER_LISTENER = 3;

	private static final Log logger = LogFactory.getLog(ConnectionLimit.class);

	private final int limit;

	private final AtomicInteger taken = new AtomicInteger();

	/** Listeners with someone to accept and no place for him, longest waiting first. */
	private final Queue<EchoListener> waiting = new ConcurrentLinkedQueue<>();

	/** Listeners to which a place has been handed that they have not yet used. */
	private final Set<EchoListener> handed = ConcurrentHashMap.newKeySet();

	ConnectionLimit(int limit) {
		this.limit = limit;
	}

	/**
	 * How many connections Actuator may have, for which descriptors are kept: probes and
	 * scrapes must be answered when the echo port is full.
	 */
	static int ofActuator() {
		return Math.clamp((descriptors() - RESERVED_DESCRIPTORS) / 4, LEAST_ACTUATOR_CONNECTIONS, ACTUATOR_CONNECTIONS);
	}

	/** How many the process may open; on Windows there is no such limit. */
	private static long descriptors() {
		return (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)
				? system.getMaxFileDescriptorCount() : Integer.MAX_VALUE;
	}

	/**
	 * The limit that is wanted, or, with a WARN, what the descriptors of the process
	 * allow.
	 */
	static ConnectionLimit inForce(EchoProperties properties) {
		int wanted = properties.maxConnections();
		long descriptors = descriptors();
		long reserved = RESERVED_DESCRIPTORS + ofActuator() + (long) DESCRIPTORS_PER_LISTENER * properties.listeners();
		long possible = descriptors - reserved;
		if (possible < 1) {
			throw new FailureAnalyzedException(
					"echo.max-connections leaves no connection: the process may open %d file descriptors, and %d are kept for Actuator, the listeners and the JVM."
						.formatted(descriptors, reserved),
					"Raise the limit of file descriptors (ulimit -n).");
		}
		if (possible < wanted) {
			logger.warn(
					"echo.max-connections is lowered from %d to %d: the process may open %d file descriptors (ulimit -n), and %d of them are kept for Actuator, the listeners and the JVM"
						.formatted(wanted, possible, descriptors, reserved));
		}
		return new ConnectionLimit((int) Math.min(wanted, possible));
	}

	/**
	 * Takes a place. Where there is none, the listener is woken when one has been handed
	 * to it, and then either asks again or {@linkplain #leave leaves}.
	 * @param listener one that has someone to accept
	 */
	boolean take(EchoListener listener) {
		// In this order: who has left the line has been handed his place before.
		boolean nobodyWaits = this.waiting.isEmpty();
		return this.handed.remove(listener) || (nobodyWaits && takeFree()) || queue(listener);
	}

	private boolean takeFree() {
		return this.taken.getAndUpdate((now) -> Math.min(now + 1, this.limit)) < this.limit;
	}

	private synchronized boolean queue(EchoListener listener) {
		if (this.handed.remove(listener)) {
			return true;
		}
		if (!this.waiting.contains(listener)) {
			this.waiting.add(listener);
		}
		handOn();
		return this.handed.remove(listener);
	}

	/** Frees a place, for the listener that has waited longest if there is one. */
	void free() {
		this.taken.decrementAndGet();
		if (!this.waiting.isEmpty()) {
			handOn();
		}
	}

	private synchronized void handOn() {
		while (!this.waiting.isEmpty() && takeFree()) {
			EchoListener next = this.waiting.element();
			// In this order: take() looks at the line first.
			this.handed.add(next);
			this.waiting.remove();
			next.wakeup();
		}
	}

	/** Forgets a listener that will accept no more. */
	synchronized void leave(EchoListener listener) {
		this.waiting.remove(listener);
		if (this.handed.remove(listener)) {
			free();
		}
	}

	/** Places taken now: sockets open, lingering ones included. */
	int taken() {
		return this.taken.get();
	}

	int limit() {
		return this.limit;
	}

}
