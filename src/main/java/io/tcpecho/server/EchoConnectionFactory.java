package io.tcpecho.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

import io.tcpecho.settings.Addresses;
import io.tcpecho.settings.EchoProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;
import org.springframework.integration.ip.tcp.connection.TcpConnectionSupport;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;

/**
 * Spring Integration's server. Its own loop accepts, creates, initializes and executes
 * connections, by its own strategies: an {@link EchoServerSocket},
 * {@link EchoConnection}s and a virtual thread for each. Every override names the fact
 * that it answers.
 */
final class EchoConnectionFactory extends TcpNetServerConnectionFactory implements SmartLifecycle {

	/** How long a stop waits for handlers that it has interrupted. */
	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	final EchoProperties properties;

	final Books books;

	final @Nullable Tls tls;

	final Faults faults = new Faults();

	final AcceptFailures acceptFailures = new AcceptFailures();

	private final Availability availability = new Availability(this);

	final Watcher watcher = new Watcher(this::report, (ex) -> this.availability.died("watcher", ex));

	private final int limit;

	/** A new one for each start. */
	private volatile EchoServerSocket server;

	EchoConnectionFactory(EchoProperties properties, int limit, Books books, @Nullable Tls tls) throws IOException {
		super(properties.port());
		this.properties = properties;
		this.limit = limit;
		this.books = books;
		this.tls = tls;
		this.server = new EchoServerSocket(new OpenConnections(limit), books, this.acceptFailures);
		setSingleUse(true);
		// Else the library sets one of 10 s, and each read would be a timer.
		setSoTimeout(0);
		setMapper(new EchoMessageMapper());
		setTaskExecutor(this::execute);
		setTcpNetConnectionSupport((socket, _, _, _, _) -> guard((EchoSocket) socket,
				() -> new EchoConnection((EchoSocket) socket, this)));
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
		try {
			EchoServerSocket server = new EchoServerSocket(new OpenConnections(this.limit), this.books,
					this.acceptFailures);
			server.bind(this.properties);
			this.server = server;
		}
		catch (IOException | IllegalArgumentException ex) {
			throw new CannotListenException(ex);
		}
		this.watcher.start(this.server);
		super.start();
		this.availability.listening(this.properties);
	}

	/** Bound already, by {@link #start()}. */
	@Override
	protected ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address) {
		return this.server;
	}

	/**
	 * The library's loop, and then each connection, get a virtual thread of their own.
	 */
	private void execute(Runnable task) {
		if (task == this) {
			this.server.startAccepting(this::acceptAll);
		}
		else {
			Thread.startVirtualThread(() -> serve((TcpConnectionSupport) task));
		}
	}

	private void acceptAll() {
		EchoServerSocket server = this.server;
		Throwable cause = null;
		try {
			run();
		}
		catch (Throwable ex) {
			cause = ex;
		}
		if (server.isServing()) {
			this.availability.died("acceptor", cause);
		}
	}

	private void serve(TcpConnectionSupport connection) {
		try {
			try {
				connection.run();
			}
			finally {
				// After an exchange the gateway has done so.
				closeConnection(connection.getConnectionId());
				connection.getSenders().forEach((sender) -> sender.removeDeadConnection(connection));
			}
		}
		catch (Throwable ex) {
			this.faults.add(connection.getHostAddress(), "an interceptor or the library failed", ex);
		}
	}

	/** Sets none: the {@code IOException} of a client that is gone would end the loop. */
	@Override
	protected void setSocketAttributes(Socket socket) {
	}

	/** An {@code Error} would end the loop, here and when it is initialized. */
	@Override
	protected TcpConnectionSupport wrapConnection(TcpConnectionSupport connection) {
		return guard(((EchoConnection) connection).socket, () -> super.wrapConnection(connection));
	}

	@Override
	protected void initializeConnection(TcpConnectionSupport connection, Socket socket) {
		guard((EchoSocket) socket, () -> {
			super.initializeConnection(connection, socket);
			return connection;
		});
	}

	/** A {@code RuntimeException} costs only the connection that could not be made. */
	private <T> T guard(EchoSocket socket, Supplier<T> step) {
		try {
			return step.get();
		}
		catch (Throwable ex) {
			this.faults.add(Addresses.toString(socket.client()), "its connection could not be made", ex);
			socket.finish();
			super.harvestClosedConnections();
			throw new IllegalStateException(ex);
		}
	}

	/** Not at every accept: it walks through all connections. */
	@Override
	protected void harvestClosedConnections() {
	}

	private void report() {
		this.acceptFailures.report();
		this.faults.report();
	}

	/**
	 * Accepts who is queued, closes the port, and lets all connections end by themselves.
	 * @return whether they have in time
	 */
	boolean drain(Duration timeout) throws InterruptedException {
		this.server.drain();
		return this.server.awaitEnd(timeout);
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
		this.server.stop();
		try {
			this.server.awaitEnd(STOP_TIMEOUT);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.watcher.stop();
		// The gateway keeps those whose handlers do not return: it logs an error for a
		// reply whose connection it does not know.
		this.connections.clear();
		this.server.abandon();
		report();
		super.stop();
		setActive(false);
	}

	/** Until a stop, also in a drain: for the library it ends with its loop. */
	@Override
	public boolean isRunning() {
		return this.server.isBound() && !this.server.isStopped();
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

	@Override
	public int getPort() {
		return address().getPort();
	}

}
