package io.tcpecho.server;

import java.util.Objects;

import io.tcpecho.proxy.ProxyHeader;
import io.tcpecho.settings.Addresses;
import io.tcpecho.tls.TlsSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A line at DEBUG for each connection, with ECS's names for JSON logs.
 */
final class ConnectionLog {

	private static final Logger log = LoggerFactory.getLogger(ConnectionLog.class);

	private ConnectionLog() {
	}

	static void ended(EchoSocket socket, Outcome outcome, long nanos) {
		if (!log.isDebugEnabled()) {
			return;
		}
		EchoConnection connection = socket.connection;
		int received = (connection == null) ? 0 : connection.received;
		int sent = (connection == null) ? 0 : connection.sent;
		LoggingEventBuilder line = log.atDebug()
			.addKeyValue("client.address", Addresses.toString(Objects.requireNonNull(socket.client().getAddress())))
			.addKeyValue("client.port", socket.client().getPort())
			.addKeyValue("client.bytes", received)
			.addKeyValue("server.bytes", sent)
			.addKeyValue("event.action", outcome)
			.addKeyValue("event.duration", nanos);
		TlsSession tls = (connection == null) ? null : connection.tls;
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
		// What TLS or a codec says of it; else it is known.
		Throwable failure = (connection == null) ? null : connection.failure;
		String why = (outcome == Outcome.MALFORMED && failure != null)
				? ": " + Failures.line(String.valueOf(Failures.rootCause(failure).getMessage())) : "";
		line.log("{} {}, {} bytes in, {} out, {} µs{}", client(socket), outcome, received, sent, nanos / 1_000, why);
	}

	private static LoggingEventBuilder addIfThere(LoggingEventBuilder line, String name, @Nullable String value) {
		return (value == null) ? line : line.addKeyValue(name, value);
	}

	/** And for whom it has connected, where a PROXY header says so. */
	static String client(EchoSocket socket) {
		EchoConnection connection = socket.connection;
		ProxyHeader proxied = (connection == null) ? null : connection.proxied;
		return Addresses.toString(socket.client())
				+ ((proxied == null) ? "" : " for " + Addresses.toString(proxied.source()));
	}

}
