package io.tcpecho.settings;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.util.unit.DataSize;

/**
 * Every setting of the service, with its default. A value out of its bounds stops the
 * start.
 *
 * @param address name or IP address to bind; empty for all, IPv4 and IPv6
 * @param port port to listen on, 0 to 65535; 0 takes any free one
 * @param backlog what listen(2) is given, at least 1: connections that may wait in the
 * kernel to be accepted; the kernel caps it at net.core.somaxconn
 * @param maxMessageSize how much the one read takes, 1B to 16KB; what a client sends
 * beyond it is not echoed
 * @param maxConnections sockets open at once, lingering ones included, at least 1;
 * lowered at start to what the descriptors of the process, and with TLS its heap, allow;
 * each can pin 64 KB in the kernel, if its client sends and nobody reads
 * @param readTimeout how long to wait for the first byte of a message, and again for the
 * client to take the reply, 100ms to 24h; 100 to 200 ms more may pass, as with
 * linger.timeout
 * @param linger bounds of what is done for a client that goes on sending
 * @param drainTimeout how long a shutdown waits for open connections, 0s to 24h
 * @param reply what a message is answered with: message, the same bytes, or identity, a
 * line of JSON that says who answered and what it saw
 * @param identity who answers, where reply is identity
 * @param proxyProtocol off, or required: each connection starts with a PROXY header,
 * version 1 or 2, and who can reach the port can claim any source
 * @param ssl TLS on every connection; none by default
 */
@ConfigurationProperties(prefix = "echo", ignoreUnknownFields = false)
public record EchoProperties(@DefaultValue("") String address, @DefaultValue("23000") int port,
		@DefaultValue("1024") int backlog, @DefaultValue("100B") DataSize maxMessageSize,
		@DefaultValue("10000") int maxConnections, @DefaultValue("10s") Duration readTimeout,
		@DefaultValue Linger linger, @DefaultValue("20s") Duration drainTimeout, @DefaultValue("message") Reply reply,
		@DefaultValue Identity identity, @DefaultValue("off") ProxyProtocol proxyProtocol, @DefaultValue Ssl ssl) {

	/**
	 * What can be expected to have come when it is read: the kernel's buffer is small.
	 */
	private static final DataSize LARGEST_MESSAGE = DataSize.ofKilobytes(16);

	private static final Duration LONGEST = Duration.ofHours(24);

	public EchoProperties {
		// From JSON's null, which is as if it were left out.
		linger = Objects.requireNonNullElseGet(linger,
				() -> new Linger(Duration.ofSeconds(1), DataSize.ofKilobytes(64)));
		identity = Objects.requireNonNullElseGet(identity, () -> new Identity("", "", ""));
		ssl = Objects.requireNonNullElseGet(ssl, () -> new Ssl("", ClientAuth.NONE));
		require(port >= 0 && port <= 65535, "port", port, "must be 0 to 65535");
		require(backlog >= 1, "backlog", backlog, "must be at least 1");
		require(maxMessageSize.toBytes() >= 1 && maxMessageSize.compareTo(LARGEST_MESSAGE) <= 0, "max-message-size",
				maxMessageSize, "must be 1B to 16KB");
		require(maxConnections >= 1, "max-connections", maxConnections, "must be at least 1");
		requireDuration(Duration.ofMillis(100), "read-timeout", readTimeout);
		requireDuration(Duration.ZERO, "drain-timeout", drainTimeout);
	}

	/**
	 * After the reply the service half-closes the connection and reads on until the
	 * client closes or one of these is reached.
	 *
	 * @param timeout how long, 0s to 24h
	 * @param maxBytes how much is read and thrown away, 0B or more
	 */
	public record Linger(@DefaultValue("1s") Duration timeout, @DefaultValue("64KB") DataSize maxBytes) {

		public Linger {
			requireDuration(Duration.ZERO, "linger.timeout", timeout);
			require(!maxBytes.isNegative(), "linger.max-bytes", maxBytes, "must be 0B or more");
		}

	}

	/** What a message is answered with. */
	public enum Reply {

		MESSAGE, IDENTITY

	}

	/**
	 * Who answers.
	 *
	 * @param instance name of the pod or host, at most 253 characters; empty for the
	 * host's name
	 * @param namespace where it runs; empty for none
	 * @param node that it runs on; empty for none
	 */
	public record Identity(@DefaultValue("") String instance, @DefaultValue("") String namespace,
			@DefaultValue("") String node) {

		private static final int LONGEST_NAME = 253;

		public Identity {
			requireName("identity.instance", instance);
			requireName("identity.namespace", namespace);
			requireName("identity.node", node);
		}

		private static void requireName(String name, String value) {
			require(value.length() <= LONGEST_NAME && value.chars().noneMatch(Character::isISOControl), name, value,
					"must be a name of at most %s characters, none of them a control character"
						.formatted(LONGEST_NAME));
		}

	}

	/** Whether each connection starts with a PROXY header. */
	public enum ProxyProtocol {

		OFF, REQUIRED

	}

	/**
	 * TLS 1.2 and 1.3 on every connection, after a PROXY header if one is required.
	 *
	 * @param bundle name of a bundle of spring.ssl.bundle; empty for plain TCP
	 * @param clientAuth whether clients are asked for a certificate: none; want, and may
	 * have none; need, and must have one
	 */
	public record Ssl(@DefaultValue("") String bundle, @DefaultValue("none") ClientAuth clientAuth) {

		public Ssl {
			require(clientAuth == ClientAuth.NONE || !bundle.isEmpty(), "ssl.client-auth", clientAuth,
					"needs an echo.ssl.bundle");
		}

	}

	/** What to bind; unresolved if {@code address} is a name that has none. */
	public InetSocketAddress socketAddress() {
		return this.address.isEmpty() ? new InetSocketAddress(this.port)
				: new InetSocketAddress(this.address, this.port);
	}

	private static void requireDuration(Duration least, String name, Duration value) {
		require(value.compareTo(least) >= 0 && value.compareTo(LONGEST) <= 0, name, value,
				"must be %s to %sh".formatted(least.isZero() ? "0s" : "100ms", LONGEST.toHours()));
	}

	private static void require(boolean valid, String name, Object value, String reason) {
		if (!valid) {
			throw new InvalidConfigurationPropertyValueException("echo." + name, value, reason);
		}
	}

}
