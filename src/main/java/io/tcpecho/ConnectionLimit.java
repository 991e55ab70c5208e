package io.tcpecho;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

import com.sun.management.UnixOperatingSystemMXBean;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * The permits for open connections, shared by all listeners. Who gets none is not
 * blocked: it waits in line, and is woken. If its handler blocks then, the permit kept
 * for it is lost to the others meanwhile. Thread-safe.
 */
final class ConnectionLimit {

	/** Kept free of connections: the JVM and its jars hold some. */
	private static final int RESERVED_DESCRIPTORS = 192;

	/** Actuator's, where there are descriptors enough. */
	private static final int ACTUATOR_CONNECTIONS = 2400;

	private static final int LEAST_ACTUATOR_CONNECTIONS = 16;

	/** Of a listener: its socket, and two of its selector. */
	private static final int DESCRIPTORS_PER_LISTENER = 3;

	private static final Log logger = LogFactory.getLog(ConnectionLimit.class);

	private final int limit;

	private int acquired;

	/** Listeners with someone to accept and no permit, longest waiting first. */
	private final Set<EchoListener> waiting = new LinkedHashSet<>();

	ConnectionLimit(int limit) {
		this.limit = limit;
	}

	/**
	 * How many connections Actuator may have, for which descriptors are kept: probes and
	 * scrapes must be answered when the echo port is full.
	 */
	static int actuatorConnections() {
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
		long reserved = RESERVED_DESCRIPTORS + actuatorConnections()
				+ (long) DESCRIPTORS_PER_LISTENER * properties.listeners();
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
	 * Acquires a permit if more are left than listeners wait before this one. Otherwise
	 * it joins the line: it is woken when it can have one, and either asks again or
	 * {@linkplain #leave leaves}.
	 * @param listener one that has someone to accept
	 */
	synchronized boolean tryAcquire(EchoListener listener) {
		// The usual case first.
		if (!this.waiting.isEmpty() || left() == 0) {
			this.waiting.add(listener);
			if (next().noneMatch(listener::equals)) {
				return false;
			}
			this.waiting.remove(listener);
		}
		this.acquired++;
		return true;
	}

	synchronized void release() {
		this.acquired--;
		if (!this.waiting.isEmpty()) {
			next().forEach(EchoListener::wakeup);
		}
	}

	/** Forgets a listener that will accept no more. */
	synchronized void leave(EchoListener listener) {
		this.waiting.remove(listener);
		next().forEach(EchoListener::wakeup);
	}

	private int left() {
		return this.limit - this.acquired;
	}

	/** Listeners for which a permit is left. */
	private Stream<EchoListener> next() {
		return this.waiting.stream().limit(left());
	}

	/** Permits acquired now: for sockets that are open, lingering ones included. */
	synchronized int acquired() {
		return this.acquired;
	}

	int limit() {
		return this.limit;
	}

}
