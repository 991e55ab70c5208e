package io.tcpecho;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import io.tcpecho.ProxyHeader.Proxied;
import org.jspecify.annotations.Nullable;

import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpMessageMapper;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/**
 * Makes the message for the flow with the three headers that tell who sent it, and more
 * only where a setting wants more to be known. Its parent fills and copies four maps for
 * each message.
 */
class EchoMessageMapper extends TcpMessageMapper {

	/** The told source, an InetSocketAddress; only where a PROXY header had one. */
	static final String PROXY_SOURCE = "proxy_source";

	/** The told destination, there together with the source. */
	static final String PROXY_DESTINATION = "proxy_destination";

	private final boolean detailed;

	/**
	 * @param detailed whether to add the local address, and what a PROXY header told
	 */
	EchoMessageMapper(boolean detailed) {
		this.detailed = detailed;
	}

	@Override
	public Message<?> toMessage(TcpConnection connection, @Nullable Map<String, Object> headers) {
		Map<String, Object> sender = Map.of(IpHeaders.CONNECTION_ID, connection.getConnectionId(), IpHeaders.IP_ADDRESS,
				connection.getHostAddress(), IpHeaders.REMOTE_PORT, connection.getPort());
		return new GenericMessage<>(Objects.requireNonNull(connection.getPayload()),
				this.detailed ? details(sender, (EchoConnection) connection) : sender);
	}

	private static Map<String, Object> details(Map<String, Object> sender, EchoConnection connection) {
		Map<String, Object> all = new HashMap<>(sender);
		all.put(IpHeaders.LOCAL_ADDRESS, connection.channel().socket().getLocalAddress());
		Proxied proxied = connection.proxied();
		if (proxied != null) {
			all.put(PROXY_SOURCE, proxied.source());
			all.put(PROXY_DESTINATION, proxied.destination());
		}
		return all;
	}

}
