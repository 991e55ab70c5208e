package io.tcpecho;

import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpMessageMapper;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/**
 * Makes the message for the flow with the three headers that tell who sent it. Its parent
 * fills and copies four maps for each message.
 */
class EchoMessageMapper extends TcpMessageMapper {

	@Override
	public Message<?> toMessage(TcpConnection connection, @Nullable Map<String, Object> headers) {
		return new GenericMessage<>(Objects.requireNonNull(connection.getPayload()),
				Map.of(IpHeaders.CONNECTION_ID, connection.getConnectionId(), IpHeaders.IP_ADDRESS,
						connection.getHostAddress(), IpHeaders.REMOTE_PORT, connection.getPort()));
	}

}
