package io.tcpecho.server;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;

import io.tcpecho.settings.EchoProperties;
import io.tcpecho.tls.Tls;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;
import org.springframework.integration.ip.tcp.connection.DefaultTcpNetSocketFactorySupport;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;
import org.springframework.integration.ip.tcp.connection.TcpConnectionSupport;
import org.springframework.integration.ip.tcp.connection.TcpNetConnectionSupport;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.util.Assert;

/**
 * Spring Integration's server, with an accept loop of its own: the library's ends for
 * good at most failures, walks through all connections at each accept, and belongs to no
 * server in particular, so that an old one could stop the next. The rest is the
 * library's: listener, mapper, serializers, and interceptors, whose factories are called
 * on the connections' threads, many at once.
 */
final class EchoConnectionFactory extends TcpNetServerConnectionFactory implements SmartLifecycle {

	/** How long a stop waits for handlers that it has interrupted. */
	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	final EchoProperties properties;

	final Books books;

	final @Nullable Tls tls;

	final Failures failures = new Failures();

	private final Availability availability = new Availability(this);

	final Watcher watcher = new Watcher(this.failures::report, (ex) -> this.availability.died("watcher", ex));

	private final int limit;

	/** A new one for each start. */
	private volatile EchoServerSocket server;

	EchoConnectionFactory(EchoProperties properties, int limit, Books books, @Nullable Tls tls) throws IOException {
		super(properties.port());
		this.properties = properties;
		this.limit = limit;
		this.books = books;
		this.tls = tls;
		this.server = new EchoServerSocket(new OpenConnections(limit), books, this.failures);
		setSingleUse(true);
		// Else the library sets one of 10 s, and each read would be a timer.
		setSoTimeout(0);
		FirstRead codec = new FirstRead((int) properties.maxMessageSize().toBytes());
		setDeserializer(codec);
		setSerializer(codec);
		setMapper(new EchoMessageMapper());
	}

	/** No: the gateway does, last. A plain Lifecycle starts before its dependents. */
	@Override
	public boolean isAutoStartup() {
		return false;
	}

	/** Stopped after {@link Drain}, with the gateway. */
	@Override
	public int getPhase() {
		return 0;
	}

	/** Binds on the caller's thread, so that a taken port fails the start. */
	@Override
	public void start() {
		if (isRunning()) {
			return;
		}
		Assert.state(
				getTcpSocketFactorySupport().getClass() == DefaultTcpNetSocketFactorySupport.class
						&& getTcpSocketSupport().getClass() == DefaultTcpSocketSupport.class,
				"The service makes its sockets itself: socket support would have no effect. For TLS set echo.ssl.bundle.");
		EchoServerSocket server;
		try {
			server = new EchoServerSocket(new OpenConnections(this.limit), this.books, this.failures);
			server.bind(this.properties);
		}
		catch (IOException | IllegalArgumentException ex) {
			throw new CannotListenException(ex);
		}
		// For getPort(): the one that is bound.
		setPort(server.getLocalPort());
		this.server = server;
		setActive(true);
		this.watcher.start(server);
		server.startAccepting(() -> acceptAll(server));
		this.availability.listening(this.properties);
		publishServerListeningEvent(getPort());
	}

	/** The acceptor's way, which belongs to one start: it may outlive its stop. */
	private void acceptAll(EchoServerSocket server) {
		Throwable cause = null;
		try {
			for (EchoSocket socket = server.next(); socket != null; socket = server.next()) {
				start(socket);
			}
		}
		catch (Throwable ex) {
			cause = ex;
		}
		// Nobody is to wait in its queue.
		server.closePort();
		Failures.haltIfFatal(cause);
		if (server.isServing()) {
			this.availability.died("acceptor", cause);
		}
	}

	private void start(EchoSocket socket) {
		try {
			Thread.startVirtualThread(() -> serve(socket));
		}
		catch (Throwable ex) {
			failed(socket, ex);
			socket.finish();
		}
	}

	/** Whatever creating or serving a connection throws costs it alone. */
	private void serve(EchoSocket socket) {
		try {
			socket.servedBy(Thread.currentThread());
			EchoConnection connection = new EchoConnection(socket, this);
			socket.connection = connection;
			// Not "finally": what this throws would hide what the connection has thrown.
			try (Closeable _ = () -> forget(connection)) {
				TcpConnectionSupport outermost = wrapConnection(connection);
				initializeConnection(outermost, socket);
				outermost.run();
			}
		}
		catch (Throwable ex) {
			failed(socket, ex);
		}
		finally {
			socket.finish();
		}
	}

	/** By its own id: wrapConnection registers it also when an interceptor fails. */
	private void forget(EchoConnection connection) {
		connection.socket.leave();
		getSenders().forEach((sender) -> sender.removeDeadConnection(connection));
		// Last, for an interceptor may throw. After an exchange the gateway has done so.
		closeConnection(connection.getConnectionId());
	}

	private void failed(EchoSocket socket, Throwable failure) {
		Failures.haltIfFatal(failure);
		if (socket.cutBy() != EchoSocket.Cutter.STOP) {
			this.failures.fault(ConnectionLog.client(socket), failure);
		}
	}

	/**
	 * Cuts every connection that is open, unless {@link Drain} has come before, and
	 * returns when they have ended and the port is free. Handlers are interrupted, and
	 * waited for {@link #STOP_TIMEOUT} at most.
	 */
	@Override
	public void stop() {
		if (!isRunning()) {
			return;
		}
		setActive(false);
		this.server.stop();
		try {
			this.server.awaitEnd(STOP_TIMEOUT);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.watcher.stop();
		this.server.abandon();
		this.failures.report();
	}

	/** Until the port is closed: in a drain, as long as somebody is queued. */
	@Override
	public boolean isListening() {
		return this.server.isBound() && !this.server.isClosed();
	}

	/** Since the newest start; null before the first. */
	@Override
	public @Nullable SocketAddress getServerSocketAddress() {
		return this.server.getLocalSocketAddress();
	}

	/** Refused: it would have no effect, or keep the port open in a drain. */
	@Override
	public void setTaskExecutor(Executor taskExecutor) {
		throw new UnsupportedOperationException(
				"A task executor would have no effect: each connection has a virtual thread of its own.");
	}

	/** Refused: it would have no effect. */
	@Override
	public void setTcpNetConnectionSupport(TcpNetConnectionSupport connectionSupport) {
		throw new UnsupportedOperationException(
				"Connection support would have no effect: the service makes its connections itself. Set an interceptor factory chain.");
	}

	Availability availability() {
		return this.availability;
	}

	EchoServerSocket server() {
		return this.server;
	}

	/** Where it listens, since the newest start; before the first, where it will. */
	InetSocketAddress address() {
		return (InetSocketAddress) Objects.requireNonNullElseGet(this.server.getLocalSocketAddress(),
				this.properties::socketAddress);
	}

}
