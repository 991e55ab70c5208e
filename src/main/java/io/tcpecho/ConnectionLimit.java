package io.tcpecho;

import java.lang.management.ManagementFactory;

import com.sun.management.UnixOperatingSystemMXBean;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * How many connections may be open at once: what is wanted, or less where the process may
 * not open as many file descriptors.
 */
final class ConnectionLimit {

	/**
	 * Kept free of connections, so that probes and scrapes are answered when the echo
	 * port is full: the JVM and its jars hold some, and
	 * {@code server.tomcat.max-connections} bounds Actuator's.
	 */
	static final int RESERVED_DESCRIPTORS = 256;

	private static final Log logger = LogFactory.getLog(ConnectionLimit.class);

	private ConnectionLimit() {
	}

	/**
	 * Tells the limit in force, with a WARN where it is not the one wanted.
	 */
	static int inForce(int wanted) {
		if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)) {
			return wanted;
		}
		long descriptors = system.getMaxFileDescriptorCount();
		long possible = descriptors - RESERVED_DESCRIPTORS;
		if (possible < 1) {
			throw new FailureAnalyzedException(
					"echo.max-connections leaves no connection: the process may open %d file descriptors, and %d are kept for Actuator and the JVM."
						.formatted(descriptors, RESERVED_DESCRIPTORS),
					"Raise the limit of file descriptors (ulimit -n).");
		}
		if (possible < wanted) {
			logger.warn(
					"echo.max-connections is lowered from %d to %d: the process may open %d file descriptors (ulimit -n), and %d of them are kept for Actuator and the JVM"
						.formatted(wanted, possible, descriptors, RESERVED_DESCRIPTORS));
		}
		return (int) Math.min(wanted, possible);
	}

}
