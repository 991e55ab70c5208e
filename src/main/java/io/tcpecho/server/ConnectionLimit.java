package io.tcpecho.server;

import io.tcpecho.settings.Descriptors;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * How many connections may be open at once.
 */
final class ConnectionLimit {

	private static final Log log = LogFactory.getLog(ConnectionLimit.class);

	private ConnectionLimit() {
	}

	/**
	 * The limit that is wanted, or, with a WARN, what the descriptors of the process
	 * allow.
	 */
	static int inForce(int wanted) {
		long descriptors = Descriptors.limit();
		long reserved = Descriptors.reserved();
		long possible = descriptors - reserved;
		if (possible < 1) {
			throw new FailureAnalyzedException(
					"echo.max-connections leaves no connection: the process may open %s file descriptors, and %s are kept for Actuator and the JVM."
						.formatted(descriptors, reserved),
					"Raise the limit of file descriptors (ulimit -n).");
		}
		if (possible < wanted) {
			log.warn(
					"echo.max-connections is lowered from %s to %s: the process may open %s file descriptors (ulimit -n), and %s of them are kept for Actuator and the JVM"
						.formatted(wanted, possible, descriptors, reserved));
		}
		return (int) Math.min(wanted, possible);
	}

}
