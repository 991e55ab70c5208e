package io.tcpecho;

import java.lang.management.ManagementFactory;

import com.sun.management.UnixOperatingSystemMXBean;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * How many connections the descriptors of the process allow: the service's, and
 * Actuator's.
 */
final class ConnectionLimit {

	/** Kept free of connections: the JVM and its jars hold some. */
	private static final int RESERVED_DESCRIPTORS = 192;

	/** Actuator's, where there are descriptors enough. */
	private static final int ACTUATOR_CONNECTIONS = 2400;

	private static final int LEAST_ACTUATOR_CONNECTIONS = 16;

	private static final Log logger = LogFactory.getLog(ConnectionLimit.class);

	private ConnectionLimit() {
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
	static int inForce(int wanted) {
		long descriptors = descriptors();
		long reserved = (long) RESERVED_DESCRIPTORS + actuatorConnections();
		long possible = descriptors - reserved;
		if (possible < 1) {
			throw new FailureAnalyzedException(
					"echo.max-connections leaves no connection: the process may open %d file descriptors, and %d are kept for Actuator and the JVM."
						.formatted(descriptors, reserved),
					"Raise the limit of file descriptors (ulimit -n).");
		}
		if (possible < wanted) {
			logger.warn(
					"echo.max-connections is lowered from %d to %d: the process may open %d file descriptors (ulimit -n), and %d of them are kept for Actuator and the JVM"
						.formatted(wanted, possible, descriptors, reserved));
		}
		return (int) Math.min(wanted, possible);
	}

}
