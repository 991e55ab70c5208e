package io.tcpecho.server;

import java.util.HashMap;
import java.util.Map;

import io.tcpecho.proxy.ProxyHeader;
import io.tcpecho.tls.TlsSession;
import org.jspecify.annotations.Nullable;

import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpMessageMapper;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/**
 * Makes the message for the flow, with headers that tell of its connection. The
 * superclass fills and copies four maps for each message.
 */
final class EchoMessageMapper extends TcpMessageMapper {

	@Override
	public Message<?> toMessage(TcpConnection from, @Nullable Map<String, Object> unused) {
		EchoConnection connection = (EchoConnection) from;
		Map<String, Object> headers = Map.of(IpHeaders.CONNECTION_ID, connection.getConnectionId(),
				IpHeaders.IP_ADDRESS, connection.getHostAddress(), IpHeaders.REMOTE_PORT,
				connection.socket.client().getPort(), IpHeaders.LOCAL_ADDRESS, connection.socket.getLocalAddress());
		ProxyHeader proxied = connection.proxied;
		TlsSession tls = connection.tls;
		if (proxied != null || tls != null) {
			headers = new HashMap<>(headers);
		}
		if (proxied != null) {
			headers.put(EchoHeaders.PROXY_SOURCE, proxied.source());
			headers.put(EchoHeaders.PROXY_DESTINATION, proxied.destination());
		}
		if (tls != null) {
			headers.put(EchoHeaders.TLS, tls);
		}
		return new GenericMessage<>(connection.getPayload(), headers);
	}

}
