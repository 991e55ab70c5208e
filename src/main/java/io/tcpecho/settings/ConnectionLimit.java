package io.tcpecho.settings;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * How many connections may be open at once.
 */
public final class ConnectionLimit {

	private static final Log log = LogFactory.getLog(ConnectionLimit.class);

	/** From its first byte on: the buffers of the JDK's TLS, and what all have. */
	private static final int BYTES_WITH_TLS = 16 * 1024;

	private ConnectionLimit() {
	}

	/**
	 * The limit that is wanted, or, with a WARN, what the heap and the descriptors of the
	 * process allow.
	 */
	public static int of(EchoProperties properties) {
		int wanted = properties.maxConnections();
		long heap = Runtime.getRuntime().maxMemory();
		if (!properties.ssl().bundle().isEmpty() && heap / 2 / BYTES_WITH_TLS < wanted) {
			int fitting = (int) (heap / 2 / BYTES_WITH_TLS);
			log.warn(
					"echo.max-connections is lowered from %s to %s: each may hold %s bytes with TLS, and they get half of the heap of %s bytes"
						.formatted(wanted, fitting, BYTES_WITH_TLS, heap));
			wanted = fitting;
		}
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
