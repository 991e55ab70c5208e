package io.tcpecho.server;

import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line at DEBUG for each connection, with ECS's names for JSON logs.
 */
final class ConnectionLog {

	private static final Logger log = LoggerFactory.getLogger(ConnectionLog.class);

	private ConnectionLog() {
	}

	static void ended(EchoConnection connection, Outcome outcome, long nanos) {
		if (log.isDebugEnabled()) {
			int received = connection.getPayload().length;
			log.atDebug()
				.addKeyValue("client.address",
						Addresses.toString(Objects.requireNonNull(connection.socket().client().getAddress())))
				.addKeyValue("client.port", connection.socket().client().getPort())
				.addKeyValue("client.bytes", received)
				.addKeyValue("server.bytes", connection.sent())
				.addKeyValue("event.action", outcome)
				.addKeyValue("event.duration", nanos)
				.log("{} {}, {} bytes in, {} out, {} µs", connection.clientAddress(), outcome, received,
						connection.sent(), nanos / 1_000);
		}
	}

}
