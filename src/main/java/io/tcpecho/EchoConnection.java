package io.tcpecho;

import java.util.Objects;

import org.springframework.integration.ip.tcp.connection.TcpListener;
import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.messaging.Message;

/**
 * The exchange on one connection: one message to the flow, its reply to the socket.
 * <p>
 * It differs from its parent in two things. {@link #run()} does not read again after the
 * reply, which would publish an exception event for each exchange that went well.
 * {@link #send} writes the reply straight to the socket, where the parent allocates a
 * buffer as large as {@code SO_SNDBUF} (megabytes on loopback), and a client that is gone
 * is an outcome, where the parent's exception would be logged as an error.
 */
final class EchoConnection extends TcpNetConnection {

	private final EchoSocket socket;

	private final EchoConnectionFactory factory;

	private boolean replied;

	EchoConnection(EchoSocket socket, EchoConnectionFactory factory) {
		// Its events have no listener here; null would be a WARN for each.
		super(socket, true, false, (event) -> {
		}, factory.getComponentName());
		this.socket = socket;
		this.factory = factory;
	}

	/**
	 * Never throws: what goes wrong in the flow is this connection's fault alone, be it
	 * an {@link Error}.
	 */
	@Override
	public void run() {
		try {
			TcpListener gateway = Objects.requireNonNull(getListener());
			gateway.onMessage(Objects.requireNonNull(getMapper().toMessage(this)));
			if (!this.replied) {
				this.logger.error("The handler gave no reply; its connection is closed without one");
			}
		}
		catch (Throwable ex) {
			this.logger.error("The exchange failed; its connection is closed without a reply", ex);
		}
		finally {
			if (isOpen()) {
				// The single-use gateway closes it, unless it never got that far.
				this.factory.closeConnection(getConnectionId());
			}
		}
	}

	@Override
	public void send(Message<?> message) {
		this.replied = true;
		this.socket.reply((byte[]) Objects.requireNonNull(getMapper().fromMessage(message)));
	}

}
