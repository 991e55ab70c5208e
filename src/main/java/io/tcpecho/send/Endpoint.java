package io.tcpecho.send;

import java.net.InetAddress;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * A host, and a port where one is named.
 *
 * @param host a name or an address, as it was written
 */
record Endpoint(String host, @Nullable Integer port) {

	/** An IPv6 address without brackets has more than one colon, and no port. */
	private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[.*]|[^:]*):[^:\\]]*");

	/**
	 * Takes {@code HOST}, {@code HOST:PORT}, an IPv6 address, {@code [V6]} or
	 * {@code [V6]:PORT}.
	 * @throws IllegalArgumentException which says what is wrong
	 */
	static Endpoint parse(String text) {
		int colon = text.lastIndexOf(':');
		Endpoint endpoint = HOST_AND_PORT.matcher(text).matches()
				? new Endpoint(text.substring(0, colon), port(text.substring(colon + 1))) : new Endpoint(text, null);
		// An unset variable in a script; the JVM would take it for localhost.
		if (endpoint.host().isBlank()) {
			throw new IllegalArgumentException("must be not empty");
		}
		return endpoint;
	}

	private static int port(String text) {
		if (text.matches("\\d{1,5}")) {
			int port = Integer.parseInt(text);
			if (port >= 1 && port <= 65535) {
				return port;
			}
		}
		throw new IllegalArgumentException("after the colon there must be a port, 1 to 65535, not '" + text + "'");
	}

	/** The host as an address, or null if it is a name. */
	@Nullable InetAddress literal() {
		try {
			return InetAddress.ofLiteral(this.host);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
