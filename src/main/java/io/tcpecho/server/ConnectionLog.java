package io.tcpecho.server;

import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

import org.springframework.core.NestedExceptionUtils;

/**
 * A line at DEBUG for each connection, with ECS's names for JSON logs.
 */
final class ConnectionLog {

	private static final Logger log = LoggerFactory.getLogger(ConnectionLog.class);

	private ConnectionLog() {
	}

	static void ended(EchoConnection connection, Outcome outcome, long nanos) {
		if (!log.isDebugEnabled()) {
			return;
		}
		int received = connection.getPayload().length;
		LoggingEventBuilder line = log.atDebug()
			.addKeyValue("client.address",
					Addresses.toString(Objects.requireNonNull(connection.socket.client().getAddress())))
			.addKeyValue("client.port", connection.socket.client().getPort())
			.addKeyValue("client.bytes", received)
			.addKeyValue("server.bytes", connection.sent)
			.addKeyValue("event.action", outcome)
			.addKeyValue("event.duration", nanos);
		TlsSession tls = connection.tls;
		if (tls != null) {
			line = line.addKeyValue("tls.version_protocol", "tls")
				.addKeyValue("tls.version", tls.protocol().replace("TLSv", ""))
				.addKeyValue("tls.cipher", tls.cipherSuite());
			line = addIfThere(line, "tls.client.server_name", tls.serverName());
			line = addIfThere(line, "tls.next_protocol", tls.applicationProtocol());
			TlsSession.ClientCertificate shown = tls.clientCertificate();
			line = addIfThere(line, "tls.client.subject", (shown == null) ? null : shown.subject());
			line = addIfThere(line, "tls.client.issuer", (shown == null) ? null : shown.issuer());
		}
		// What TLS says of it; else it is known.
		String why = (outcome == Outcome.MALFORMED && connection.failure != null)
				? ": " + NestedExceptionUtils.getMostSpecificCause(connection.failure).getMessage() : "";
		line.log("{} {}, {} bytes in, {} out, {} µs{}", client(connection), outcome, received, connection.sent,
				nanos / 1_000, why);
	}

	private static LoggingEventBuilder addIfThere(LoggingEventBuilder line, String name, @Nullable String value) {
		return (value == null) ? line : line.addKeyValue(name, value);
	}

	/** And for whom it has connected, where a PROXY header says so. */
	static String client(EchoConnection connection) {
		return Addresses.toString(connection.socket.client())
				+ ((connection.proxied == null) ? "" : " for " + Addresses.toString(connection.proxied.source()));
	}

}
