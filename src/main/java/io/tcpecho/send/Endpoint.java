package io.tcpecho.send;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.TypeConversionException;

/**
 * A host, by name or address as it was written, and a port where one is named.
 */
record Endpoint(String host, @Nullable Integer port) {

	/** An IPv6 address without brackets has more than one colon, and no port. */
	private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[.*]|[^:]*):[^:\\]]*");

	/** Takes HOST, HOST:PORT, an IPv6 address, [V6] or [V6]:PORT. */
	static Endpoint parse(String text) {
		int colon = text.lastIndexOf(':');
		Endpoint endpoint = HOST_AND_PORT.matcher(text).matches()
				? new Endpoint(text.substring(0, colon), port(text.substring(colon + 1))) : new Endpoint(text, null);
		// An unset variable in a script; the JVM would take it for localhost.
		if (endpoint.host().isBlank()) {
			throw new TypeConversionException("must not be empty");
		}
		return endpoint;
	}

	private static int port(String text) {
		int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
		if (port < 1 || port > 65535) {
			throw new TypeConversionException("after the colon there must be a port, 1 to 65535, not '" + text + "'");
		}
		return port;
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

	/**
	 * Which of a host's addresses are tried.
	 */
	enum Family {

		ANY("address"), IPV4("IPv4 address"), IPV6("IPv6 address");

		private final String noun;

		Family(String noun) {
			this.noun = noun;
		}

		static Family of(InetAddress address) {
			return (address instanceof Inet4Address) ? IPV4 : IPV6;
		}

		boolean includes(InetAddress address) {
			return this == ANY || this == of(address);
		}

		/** What it is that a host must have. */
		@Override
		public String toString() {
			return this.noun;
		}

	}

}
