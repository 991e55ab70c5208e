package io.tcpecho.server;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Objects;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

import io.tcpecho.settings.EchoProperties.Linger;
import io.tcpecho.settings.EchoProperties.ProxyProtocol;
import org.jspecify.annotations.Nullable;

import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.messaging.Message;

/**
 * One connection. {@link #run()} is its way, from top to bottom, on a virtual thread of
 * its own: receive, exchange, linger, close. It waits without timers: what takes too long
 * is cut by the {@link Watcher}, and everything by a stop.
 * <p>
 * How an exchange has ended is decided by {@link #outcome}, but for what never gets
 * there: one that could not be made, and one whose handler does not return from a stop,
 * end in {@link EchoSocket#finish()}, and whom a stop finds in the queue in
 * {@link EchoServerSocket}.
 * <p>
 * Its parent would read again after the reply, publish an exception event for that, and
 * write through a buffer as large as {@code SO_SNDBUF} (megabytes on loopback).
 */
final class EchoConnection extends TcpNetConnection {

	/** Shared by all that linger: what is read into it is not looked at. */
	private static final byte[] DISCARDED = new byte[8 * 1024];

	/** In bytes, with TLVs. */
	private static final int USUAL_HEADER = 256;

	final EchoSocket socket;

	private final EchoConnectionFactory factory;

	/** The socket, or TLS on it once its handshake has succeeded. */
	private Socket stream;

	private byte[] message = {};

	private long receivedAt;

	/** TLS comes next, or has come: what fails in it is answered by an alert. */
	private boolean inTls;

	private boolean replied;

	int sent;

	@Nullable ProxyHeader proxied;

	@Nullable TlsSession tls;

	@Nullable Throwable failure;

	EchoConnection(EchoSocket socket, EchoConnectionFactory factory) {
		super(socket, true, false, factory.getApplicationEventPublisher(), factory.getComponentName());
		this.socket = socket;
		this.stream = socket;
		this.factory = factory;
	}

	@Override
	public void run() {
		this.socket.servedBy(Thread.currentThread());
		try {
			receive();
			if (this.message.length > 0) {
				exchange();
			}
		}
		catch (Throwable ex) {
			failed(ex);
		}
		try {
			end(outcome());
			if (this.replied || this.inTls) {
				linger();
			}
		}
		catch (IOException ex) {
			// The client is gone, or has had its time.
		}
		finally {
			this.socket.finish();
		}
	}

	/** The message is what one read returns. At the end of the stream it stays empty. */
	private void receive() throws IOException {
		this.socket.await(this.factory.properties.readTimeout(), Outcome.TIMEOUT);
		InputStream input = this.socket.getInputStream();
		if (this.factory.properties.proxyProtocol() == ProxyProtocol.REQUIRED) {
			// Of what follows the header one read returns all that has come.
			input = new BufferedInputStream(input, USUAL_HEADER);
			this.proxied = ProxyHeader.read(input);
		}
		if (this.factory.tls != null) {
			this.inTls = true;
			SSLSocket tls = this.factory.tls.handshake(this.socket, input);
			if (tls == null) {
				return;
			}
			this.stream = tls;
			this.tls = TlsSession.of(tls);
			input = tls.getInputStream();
		}
		byte[] bytes = new byte[(int) this.factory.properties.maxMessageSize().toBytes()];
		int count = input.read(bytes);
		this.message = Arrays.copyOf(bytes, Math.max(count, 0));
		this.receivedAt = System.nanoTime();
		this.factory.books.received(this.message.length);
	}

	/** Hands the message to the flow, which calls {@link #send} and returns. */
	private void exchange() throws IOException {
		this.socket.handling(this.receivedAt);
		try {
			Objects.requireNonNull(getListener()).onMessage(Objects.requireNonNull(getMapper().toMessage(this)));
		}
		finally {
			this.socket.handled();
		}
	}

	/**
	 * Writes the reply. The gateway would log what this throws as an error of its own, so
	 * it throws nothing: {@link #outcome} tells whose fault it is.
	 */
	@Override
	public void send(Message<?> reply) {
		try {
			byte[] bytes = (byte[]) Objects.requireNonNull(getMapper().fromMessage(reply));
			this.socket.handled();
			this.socket.await(this.factory.properties.readTimeout(), Outcome.RESET);
			this.stream.getOutputStream().write(bytes);
			this.socket.proceed();
			this.replied = true;
			this.sent += bytes.length;
			end(Outcome.ECHOED);
		}
		catch (Throwable ex) {
			failed(ex);
		}
	}

	private void failed(Throwable failure) {
		Faults.haltIfFatal(failure);
		if (this.failure == null) {
			this.failure = failure;
		}
	}

	/** How the exchange has ended. A fault of ours is logged here, too. */
	private Outcome outcome() {
		boolean received = this.message.length > 0;
		Outcome cutAs = this.socket.cutAs();
		if (cutAs == Outcome.ERROR) {
			return fault("an interrupt that its handler has left behind");
		}
		if (cutAs != null) {
			// TIMEOUT or, in a write, RESET by the watcher, ABORTED by a stop. It counts
			// for nothing after the reply.
			return cutAs;
		}
		if (this.replied && this.failure == null) {
			return Outcome.ECHOED;
		}
		return switch (this.failure) {
			// No whole and valid PROXY header, no TLS.
			case ProtocolException _ -> Outcome.MALFORMED;
			case SSLException _ when !received -> Outcome.MALFORMED;
			// A reset. Before the message it is no more than an end of stream.
			case IOException _ -> received ? Outcome.RESET : Outcome.EMPTY;
			case null -> received ? fault("the handler gave no reply") : Outcome.EMPTY;
			default -> fault("the exchange failed");
		};
	}

	private Outcome fault(String what) {
		this.factory.faults.add(ConnectionLog.client(this), what, this.failure);
		return Outcome.ERROR;
	}

	/** Counts how the exchange has ended, unless the reply has ended it before. */
	private void end(Outcome outcome) {
		long now = System.nanoTime();
		if (this.socket.end(outcome)) {
			if (outcome == Outcome.ECHOED) {
				this.factory.books.replied(this.sent, now - this.receivedAt);
			}
			ConnectionLog.ended(this, outcome, now - this.socket.acceptedAt());
		}
	}

	/**
	 * Half-closes, and reads on until the client closes or a bound is reached. Closing a
	 * socket with unread input makes the kernel send RST, which can overtake the reply,
	 * or the alert of a TLS handshake that failed (RFC 2525, 2.17).
	 */
	private void linger() throws IOException {
		Linger bounds = this.factory.properties.linger();
		this.socket.await(bounds.timeout(), Outcome.TIMEOUT);
		// TLS says that it ends (close_notify), and leaves the plain one as it is.
		this.stream.shutdownOutput();
		if (this.stream != this.socket) {
			this.socket.shutdownOutput();
		}
		InputStream input = this.socket.getInputStream();
		long discarded = 0;
		for (int count = 0; count >= 0 && discarded <= bounds.maxBytes().toBytes(); discarded += count) {
			count = input.read(DISCARDED);
		}
	}

	@Override
	public byte[] getPayload() {
		return this.message;
	}

	/**
	 * The gateway calls it after each exchange, on the connection's own thread:
	 * {@link #run()} closes, when it has lingered. From any other thread it cuts.
	 */
	@Override
	public void close() {
		if (this.socket.thread() != Thread.currentThread()) {
			this.socket.close();
		}
	}

	/** Until {@link #run()} has ended: the gateway needs it for the reply. */
	@Override
	public boolean isOpen() {
		return this.socket.isOpen();
	}

}
