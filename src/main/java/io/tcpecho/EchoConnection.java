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
 * next goes through {@link #enter}, and each call of it says as what the exchange is
 * counted if it ends there. {@link EchoConnections} calls it, too, when its listener
 * ends. Two ends have no such object: a connection that cannot be made
 * ({@link EchoConnections#add}), and one that a stop finds in the kernel's queue
 * ({@link EchoListener}).
 * <p>
 * Its listener's thread reads. The exchange ({@link #run()}, {@link #send},
 * {@link #close()}) is on the same thread or on a virtual one, and a stop may
 * {@link #close()} it from any.
 * <p>
 * It differs from its parent in four things. The message is there before the library sees
 * the connection. {@link #run()} does not read again after the reply, which would publish
 * an exception event for each exchange that went well. {@link #send} writes straight to
 * the socket, where the parent allocates a buffer as large as {@code SO_SNDBUF}
 * (megabytes on loopback), and then half-closes it. {@link #close()} leaves a connection
 * that has had its reply to the listener.
 */
final class EchoConnection extends TcpNetConnection {

	/** Not by this class's name: the superclass logs by that, which is turned down. */
	private static final Logger log = LoggerFactory.getLogger(EchoConnections.class);

	final SocketChannel channel;

	private final EchoConnections connections;

	private final EchoConnectionFactory factory;

	private final InetSocketAddress remoteAddress;

	private final @Nullable ProxyHeader proxyHeader;

	private final long acceptedAt = System.nanoTime();

	private volatile ConnectionState state = ConnectionState.WAITING;

	private volatile long since = this.acceptedAt;

	private volatile @Nullable Outcome outcome;

	private byte[] message = {};

	private int written;

	private boolean faulty;

	private long discarded;

	EchoConnection(SocketChannel channel, EchoConnections connections, EchoConnectionFactory factory) {
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
		int count = (header == null) ? this.channel.read(buffer.limit(largest)) : header.read(this.channel, buffer);
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
		// One select tells of 1,024 sockets at most, so there may be something to read.
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
	 * The exchange: the message to the flow. For want of a reply, also when the handler
	 * throws, the single-use gateway {@linkplain #close() closes} the connection before
	 * this goes on, which only logs it then. What never got as far is ended here.
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
			this.factory.closeConnection(getConnectionId());
			fail("the exchange failed", ex);
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
			enter(ConnectionState.CLOSED, Outcome.RESET);
		}
	}

	/**
	 * Ends an exchange that is owed its reply: for the single-use gateway, and for a
	 * stop. Connections in any other state are cut by {@link EchoConnections}.
	 */
	@Override
	public synchronized void close() {
		if (this.state == ConnectionState.EXCHANGING) {
			enter(ConnectionState.CLOSED, this.factory.isRunning() ? Outcome.ERROR : Outcome.ABORTED);
		}
	}

	/**
	 * Ends the exchange for a fault of ours, and logs that, also after the reply. Not if
	 * a stop had cut it before.
	 */
	void fail(String what, @Nullable Throwable cause) {
		Faults.haltIfFatal(cause);
		close();
		if (this.outcome != Outcome.ABORTED && !this.faulty) {
			this.faulty = true;
			this.factory.faults.add(remoteAddress(), what, cause);
		}
	}

	/**
	 * The one way from a state to another.
	 * @param ending as what the exchange is counted if it ends by this; else of no matter
	 */
	synchronized void enter(ConnectionState next, @Nullable Outcome ending) {
		ConnectionState before = this.state;
		if (next.compareTo(before) <= 0) {
			return;
		}
		this.state = next;
		long now = System.nanoTime();
		try {
			if (before.isActive() && !next.isActive()) {
				this.outcome = Objects.requireNonNull(ending);
				count(ending, now);
			}
		}
		finally {
			// Lingering lasts from the reply: the first look does not lengthen it.
			this.since = (next == ConnectionState.LINGERING) ? this.since : now;
			this.connections.move(this, before);
		}
	}

	private void count(Outcome ending, long now) {
		Books books = this.factory.books;
		if (ending == Outcome.ECHOED) {
			books.replied(this.written, now - this.since);
		}
		long nanos = now - this.acceptedAt;
		books.ended(ending, nanos);
		if (log.isDebugEnabled()) {
			// By ECS's names, for JSON logs.
			log.atDebug()
				.addKeyValue("client.address",
						Addresses.toString(Objects.requireNonNull(this.remoteAddress.getAddress())))
				.addKeyValue("client.port", this.remoteAddress.getPort())
				.addKeyValue("client.bytes", this.message.length)
				.addKeyValue("server.bytes", this.written)
				.addKeyValue("event.action", ending)
				.addKeyValue("event.duration", nanos)
				.log("{} {}, {} bytes in, {} out, {} µs", remoteAddress(), ending, this.message.length, this.written,
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
