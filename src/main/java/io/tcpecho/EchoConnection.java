package io.tcpecho;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Objects;

import io.tcpecho.ProxyHeader.Proxied;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.messaging.Message;

/**
 * One connection, from accept to close. Each step from one {@link ConnectionState} to the
 * next goes through {@link #enter}, which counts how the exchange ended, and
 * {@link OpenConnections#move}, which does what the new state takes.
 * {@link OpenConnections} calls {@link #enter}, too, for a fault and at the end of its
 * listener.
 * <p>
 * In the exchange the library has it: {@link #run()}, {@link #send} and {@link #close()}
 * are called on its listener's thread or on a virtual one, and {@link #close()} by a stop
 * from any. Before and after that it is its listener's alone, until that ends.
 * <p>
 * It differs from its parent in four things. The message is there before the library sees
 * the connection. {@link #run()} does not read again after the reply, which would publish
 * an exception event for each exchange that went well. {@link #send} writes straight to
 * the socket, where the parent allocates a buffer as large as {@code SO_SNDBUF}
 * (megabytes on loopback), and then half-closes it. {@link #close()} leaves a connection
 * that has had its reply to the listener.
 */
final class EchoConnection extends TcpNetConnection {

	/** The superclass's logger has this class's name, and is turned down. */
	private static final Logger log = LoggerFactory.getLogger(OpenConnections.class);

	final SocketChannel channel;

	private final OpenConnections connections;

	private final EchoConnectionFactory factory;

	private final InetSocketAddress remoteAddress;

	private final @Nullable ProxyHeader proxyHeader;

	private final long acceptedAt = System.nanoTime();

	private volatile ConnectionState state = ConnectionState.WAITING;

	private volatile long since = this.acceptedAt;

	private volatile @Nullable Outcome outcome;

	private byte[] message = {};

	private int written;

	private boolean faultLogged;

	private long discarded;

	EchoConnection(SocketChannel channel, OpenConnections connections, EchoConnectionFactory factory) {
		super(channel.socket(), true, false, factory.getApplicationEventPublisher(), factory.getComponentName());
		this.channel = channel;
		this.connections = connections;
		this.factory = factory;
		this.remoteAddress = (InetSocketAddress) Objects.requireNonNull(channel.socket().getRemoteSocketAddress());
		this.proxyHeader = ProxyHeader.expected(factory.properties);
	}

	/** Reads once: the message, or what comes after the reply. */
	void read() {
		try {
			switch (this.state) {
				case WAITING -> receive(this.connections.buffer());
				case HALF_CLOSED, LINGERING -> discard(this.connections.buffer());
				case EXCHANGING, CLOSED -> {
				}
			}
		}
		catch (ProtocolException ex) {
			// Of the PROXY header.
			enter(ConnectionState.CLOSED, Outcome.MALFORMED);
		}
		catch (IOException ex) {
			enter(ConnectionState.CLOSED, Outcome.RESET);
		}
	}

	private void receive(ByteBuffer buffer) throws IOException {
		ProxyHeader header = this.proxyHeader;
		int largest = (int) this.factory.properties.maxMessageSize().toBytes();
		int count = (header == null) ? this.channel.read(buffer.limit(largest))
				: header.read(this.channel, buffer, largest);
		if (count < 0) {
			enter(ConnectionState.CLOSED, Outcome.EMPTY);
		}
		else if (count > 0) {
			this.message = new byte[count];
			buffer.flip().get(this.message);
			this.factory.books.received(count);
			enter(ConnectionState.EXCHANGING, null);
		}
	}

	private void discard(ByteBuffer buffer) throws IOException {
		int count = this.channel.read(buffer);
		this.discarded += count;
		if (count < 0 || this.discarded > this.factory.properties.linger().maxBytes().toBytes()) {
			enter(ConnectionState.CLOSED, null);
		}
	}

	void timeOut() {
		// The first look at one that is half-closed. Of the others one select tells of
		// 1,024 sockets at most, so there may be input that it has not told of.
		read();
		switch (this.state) {
			case WAITING -> enter(ConnectionState.CLOSED, Outcome.TIMEOUT);
			case HALF_CLOSED -> enter(ConnectionState.LINGERING, null);
			case LINGERING -> enter(ConnectionState.CLOSED, null);
			case EXCHANGING, CLOSED -> {
			}
		}
	}

	/**
	 * The exchange: the message to the flow. The gateway is single-use: it has called
	 * {@link #close()} when its {@code onMessage} returns or throws. After that
	 * {@link #fail} only logs.
	 */
	@Override
	public void run() {
		try {
			Objects.requireNonNull(getListener()).onMessage(Objects.requireNonNull(getMapper().toMessage(this)));
			if (this.outcome == Outcome.ERROR) {
				fail("the handler gave no reply", null);
			}
		}
		catch (Throwable ex) {
			fail("the exchange failed", ex);
			this.factory.closeConnection(getConnectionId());
		}
	}

	/**
	 * Writes the reply and half-closes the connection. One write does it: a fresh
	 * socket's send buffer takes the largest message whole (see {@link EchoProperties}).
	 * A client that is gone is no error: the outcome says so.
	 */
	@Override
	public void send(Message<?> message) {
		try {
			write((byte[]) Objects.requireNonNull(getMapper().fromMessage(message)));
		}
		catch (RuntimeException ex) {
			fail("the handler's reply cannot be sent", ex);
		}
	}

	/** Under the lock, so that a stop comes before the reply or after it. */
	private synchronized void write(byte[] reply) {
		if (this.state != ConnectionState.EXCHANGING) {
			return;
		}
		try {
			this.written = this.channel.write(ByteBuffer.wrap(reply));
			if (this.written < reply.length) {
				// Reset: FIN would say that the reply is whole.
				this.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
				fail("a reply of %d bytes is more than the socket takes at once: %d".formatted(reply.length,
						this.written), null);
				return;
			}
			enter(ConnectionState.HALF_CLOSED, Outcome.ECHOED);
			// Closing a socket with unread input makes the kernel send RST, which can
			// overtake the reply (RFC 2525, 2.17): the listener reads on before it
			// closes.
			this.channel.shutdownOutput();
		}
		catch (IOException ex) {
			// Not if only the half-close has failed: the exchange has ended then.
			if (this.state == ConnectionState.EXCHANGING) {
				enter(ConnectionState.CLOSED, Outcome.RESET);
			}
		}
	}

	/**
	 * Ends an exchange that has had no reply: as an error, or as aborted once a stop has
	 * begun. The gateway calls it after every exchange; so do {@link #fail} and a stop.
	 */
	@Override
	public synchronized void close() {
		if (this.state == ConnectionState.EXCHANGING) {
			enter(ConnectionState.CLOSED, this.factory.isRunning() ? Outcome.ERROR : Outcome.ABORTED);
		}
	}

	/**
	 * Logs a fault of ours, and ends the exchange if it is under way. One that a stop has
	 * cut fails in silence.
	 */
	void fail(String what, @Nullable Throwable cause) {
		Faults.haltIfFatal(cause);
		close();
		if (this.outcome != Outcome.ABORTED && !this.faultLogged) {
			this.faultLogged = true;
			this.factory.faults.add(remoteAddress(), what, cause);
		}
	}

	/**
	 * The one way from a state to another.
	 * @param outcome as what the exchange is counted if this ends it; ignored otherwise
	 */
	synchronized void enter(ConnectionState next, @Nullable Outcome outcome) {
		ConnectionState before = this.state;
		if (next.compareTo(before) <= 0) {
			return;
		}
		this.state = next;
		long now = System.nanoTime();
		try {
			if (before.isActive() && !next.isActive()) {
				this.outcome = Objects.requireNonNull(outcome);
				count(outcome, now);
			}
		}
		finally {
			// Lingering lasts from the reply: the first look does not lengthen it.
			this.since = (next == ConnectionState.LINGERING) ? this.since : now;
			this.connections.move(this, before);
		}
	}

	private void count(Outcome outcome, long now) {
		long nanos = now - this.acceptedAt;
		this.factory.books.ended(outcome, nanos);
		if (outcome == Outcome.ECHOED) {
			this.factory.books.replied(this.written, now - this.since);
		}
		if (log.isDebugEnabled()) {
			// By ECS's names, for JSON logs.
			log.atDebug()
				.addKeyValue("client.address",
						Addresses.toString(Objects.requireNonNull(this.remoteAddress.getAddress())))
				.addKeyValue("client.port", this.remoteAddress.getPort())
				.addKeyValue("client.bytes", this.message.length)
				.addKeyValue("server.bytes", this.written)
				.addKeyValue("event.action", outcome)
				.addKeyValue("event.duration", nanos)
				.log("{} {}, {} bytes in, {} out, {} µs", remoteAddress(), outcome, this.message.length, this.written,
						nanos / 1_000);
		}
	}

	ConnectionState state() {
		return this.state;
	}

	/** When, by {@link System#nanoTime()}, its wait began: accept, message or reply. */
	long since() {
		return this.since;
	}

	/** As in log lines and health. */
	String remoteAddress() {
		Proxied proxied = proxied();
		return Addresses.toString(this.remoteAddress)
				+ ((proxied == null) ? "" : " for " + Addresses.toString(proxied.source()));
	}

	/** What a PROXY header has told, if there was one that did. */
	@Nullable Proxied proxied() {
		return (this.proxyHeader == null) ? null : this.proxyHeader.proxied();
	}

	@Override
	public Object getPayload() {
		return this.message;
	}

	/** For the library, whose part ends with the exchange; the socket is open longer. */
	@Override
	public boolean isOpen() {
		return this.state.isActive();
	}

}
