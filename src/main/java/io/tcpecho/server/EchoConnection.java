package io.tcpecho.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketException;
import java.util.Objects;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

import io.tcpecho.proxy.ProxyHeader;
import io.tcpecho.server.EchoSocket.Cutter;
import io.tcpecho.server.EchoSocket.Phase;
import io.tcpecho.settings.EchoProperties.ProxyProtocol;
import io.tcpecho.tls.TlsSession;
import org.jspecify.annotations.Nullable;

import org.springframework.core.serializer.Serializer;
import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import org.springframework.messaging.Message;

/**
 * One connection. {@link #run()} is its way, from top to bottom, on a virtual thread of
 * its own. It waits without timers: what takes too long is cut by the {@link Watcher},
 * and everything by a stop.
 * <p>
 * All its ends: {@link Outcome#ECHOED} at the end of {@link #run()}; of what fails before
 * it, as {@link #outcome} says, by who has cut it or else by what has failed where: <pre>
 *          a stop     the watcher  the client        anything else
 * RECEIVE  aborted    timeout      empty, malformed  error
 * HANDLE   aborted *  (no bound)   (not noticed)     error *
 * REPLY    aborted *  reset *      reset *           error *
 * LINGER   it has ended: what happens there changes nothing any more
 *
 * * its client sees a reset, which {@link EchoSocket#shut()} makes of the phase
 * </pre> "A stop" is any other thread that closes it, too. "Anything else" has a line in
 * the log, and is also an interrupt that is not by a stop. And outside this class, in
 * {@link EchoSocket#finish()}: one that could not be made or started is an error, and one
 * whose handler does not return from a stop aborted.
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

	@Nullable ProxyHeader proxied;

	@Nullable TlsSession tls;

	private @Nullable Object message;

	int received;

	private long receivedAt;

	private @Nullable Message<?> reply;

	int sent;

	@Nullable Throwable failure;

	EchoConnection(EchoSocket socket, EchoConnectionFactory factory) {
		super(socket, true, false, factory.getApplicationEventPublisher(), factory.getComponentName());
		this.socket = socket;
		this.stream = socket;
		this.factory = factory;
	}

	@Override
	public void run() {
		try {
			receive();
			exchange();
			reply();
			this.socket.end(Outcome.ECHOED);
		}
		catch (Throwable ex) {
			this.socket.end(outcome(ex));
		}
		linger();
	}

	/**
	 * Waits for a message. What comes instead is an {@link EOFException} or a reset, and
	 * the connection empty; or a {@link ProtocolException}, for a PROXY header or a codec
	 * that finds no message, or an {@link SSLException}, and the connection malformed.
	 */
	private void receive() throws IOException {
		this.socket.enter(Phase.RECEIVE, this.factory.properties.readTimeout());
		InputStream input = this.socket.getInputStream();
		if (this.factory.properties.proxyProtocol() == ProxyProtocol.REQUIRED) {
			// Of what follows the header one read returns all that has come.
			input = new BufferedInputStream(input, USUAL_HEADER);
			this.proxied = ProxyHeader.read(input);
		}
		if (this.factory.tls != null) {
			SSLSocket secure = this.factory.tls.handshake(this.socket, input);
			this.stream = secure;
			this.tls = TlsSession.of(secure);
			input = secure.getInputStream();
		}
		this.message = deserialize(input);
		this.received = (this.message instanceof byte[] bytes) ? bytes.length : 0;
		this.factory.books.received(this.received);
	}

	/** By the factory's deserializer: {@link FirstRead}, or a codec that replaces it. */
	private Object deserialize(InputStream input) throws IOException {
		try {
			return getDeserializer().deserialize(input);
		}
		catch (SoftEndOfStreamException ex) {
			throw new EOFException("The stream has ended");
		}
		catch (SocketException | SSLException ex) {
			throw ex;
		}
		catch (IOException | RuntimeException ex) {
			// Of a codec: what has come is too long, not whole, or not what it takes.
			throw (ProtocolException) new ProtocolException("There is no message").initCause(ex);
		}
	}

	/** Hands the message to the flow, which calls {@link #send} and returns. */
	private void exchange() throws IOException {
		this.receivedAt = this.socket.enter(Phase.HANDLE, EchoSocket.FOREVER);
		Objects.requireNonNull(getListener()).onMessage(Objects.requireNonNull(getMapper().toMessage(this)));
		// An interrupt that a handler leaves behind would end the next wait.
		Thread.interrupted();
	}

	/** Keeps the reply for {@link #reply()}: of several, the last. */
	@Override
	public void send(Message<?> reply) {
		if (this.socket.phase() != Phase.HANDLE) {
			throw new IllegalStateException("There is no message to reply to");
		}
		this.reply = reply;
	}

	/** Until its bytes are there it is the handler's, and what fails our fault. */
	private void reply() throws IOException {
		if (this.reply == null) {
			throw new IllegalStateException("The handler gave no reply");
		}
		@SuppressWarnings("unchecked") // The library knows no more of it.
		Serializer<Object> serializer = (Serializer<Object>) getSerializer();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		serializer.serialize(Objects.requireNonNull(getMapper().fromMessage(this.reply)), bytes);
		this.socket.enter(Phase.REPLY, this.factory.properties.readTimeout());
		// In one write: TCP holds a second one back until the first is acknowledged.
		bytes.writeTo(this.stream.getOutputStream());
		long repliedAt = this.socket.enter(Phase.LINGER, this.factory.properties.linger().timeout());
		this.sent = bytes.size();
		this.factory.books.replied(this.sent, repliedAt - this.receivedAt);
	}

	/** How an exchange without a whole reply has ended: the class comment's table. */
	private Outcome outcome(Throwable failure) {
		Failures.haltIfFatal(failure);
		this.failure = failure;
		Phase phase = this.socket.phase();
		Cutter cutter = this.socket.cutBy();
		// An interrupt ends a wait as a reset does.
		boolean clientFailed = !Thread.interrupted() && failure instanceof IOException;
		if (cutter == Cutter.STOP) {
			return Outcome.ABORTED;
		}
		if (cutter == Cutter.WATCHER) {
			return (phase == Phase.RECEIVE) ? Outcome.TIMEOUT : Outcome.RESET;
		}
		if (clientFailed && phase == Phase.REPLY) {
			return Outcome.RESET;
		}
		if (clientFailed && phase == Phase.RECEIVE) {
			boolean malformed = failure instanceof ProtocolException || failure instanceof SSLException;
			return malformed ? Outcome.MALFORMED : Outcome.EMPTY;
		}
		this.factory.failures.fault(ConnectionLog.client(this.socket), failure);
		return Outcome.ERROR;
	}

	/**
	 * After a whole reply, or a failure of TLS that may have sent an alert: half-closes,
	 * and reads on until the client closes or a bound is reached. Closing a socket with
	 * unread input makes the kernel send RST, which can overtake them (RFC 2525, 2.17).
	 */
	private void linger() {
		// Many may linger at once.
		this.message = null;
		this.reply = null;
		Phase phase = this.socket.phase();
		if (phase != Phase.LINGER && !(phase == Phase.RECEIVE && this.failure instanceof SSLException)) {
			return;
		}
		long most = this.factory.properties.linger().maxBytes().toBytes();
		try {
			this.socket.enter(Phase.LINGER, this.factory.properties.linger().timeout());
			// TLS says that it ends (close_notify), and leaves the plain one as it is.
			this.stream.shutdownOutput();
			if (this.stream != this.socket) {
				this.socket.shutdownOutput();
			}
			InputStream input = this.socket.getInputStream();
			long discarded = 0;
			for (int count = 0; count >= 0 && discarded <= most; discarded += count) {
				count = input.read(DISCARDED);
			}
		}
		catch (IOException ex) {
			// The client is gone, or has had its time, or a stop has cut it.
		}
	}

	@Override
	public Object getPayload() {
		return Objects.requireNonNull(this.message);
	}

	/** Cuts it, unless its own thread calls: the gateway does so after each message. */
	@Override
	public void close() {
		if (this.socket.thread() != Thread.currentThread()) {
			this.socket.cut(Cutter.STOP);
		}
	}

	/** Until {@link #run()} has ended: the gateway needs it for the reply. */
	@Override
	public boolean isOpen() {
		return this.socket.isOpen();
	}

}
