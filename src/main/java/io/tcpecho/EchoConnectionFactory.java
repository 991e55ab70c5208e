package io.tcpecho;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.SmartLifecycle;
import org.springframework.integration.ip.tcp.connection.TcpConnectionSupport;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;

/**
 * Spring Integration's server. Its own loop accepts, creates, initializes and executes
 * connections, by its own strategies: an {@link EchoServerSocket},
 * {@link EchoConnection}s and a virtual thread for each.
 * <p>
 * Each override names the fact that it answers.
 */
final class EchoConnectionFactory extends TcpNetServerConnectionFactory implements SmartLifecycle {

	/** How long a stop waits for handlers that run. */
	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	/** The superclass's, of this class's name, is off: it logs what Faults does. */
	private static final Log log = LogFactory.getLog("io.tcpecho.server");

	final EchoProperties properties;

	final Books books;

	final Faults faults = new Faults();

	final AcceptFailures acceptFailures = new AcceptFailures();

	private final int limit;

	private volatile @Nullable EchoServerSocket server;

	private volatile @Nullable Watcher watcher;

	private volatile @Nullable Instant notReadySince;

	/** Which part has ended unwanted. */
	private volatile @Nullable String dead;

	EchoConnectionFactory(EchoProperties properties, int limit, Books books) {
		super(properties.port());
		this.properties = properties;
		this.limit = limit;
		this.books = books;
		setSingleUse(true);
		// Else the library sets one of 10 s, which would be a timer for each read.
		setSoTimeout(0);
		setMapper(new EchoMessageMapper());
		setTaskExecutor(this::execute);
		setTcpNetConnectionSupport(
				(socket, _, _, _, _) -> guard(socket, () -> new EchoConnection((EchoSocket) socket, this)));
	}

	/** No: the gateway starts it, once the flow behind it takes messages. */
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
		EchoServerSocket server;
		try {
			server = new EchoServerSocket(this.properties, this.limit, this.books, this.acceptFailures);
		}
		catch (IOException | IllegalArgumentException ex) {
			throw new ApplicationContextException(ListenFailureAnalyzer.CANNOT_LISTEN, ex);
		}
		this.server = server;
		Watcher watcher = new Watcher(server, this::everySecond, (ex) -> died("watcher", ex));
		this.watcher = watcher;
		watcher.start();
		super.start();
		int backlog = this.properties.backlog();
		int inForce = EchoServerSocket.backlogInForce(backlog);
		log.info("Listening on %s, backlog %s, at most %d connections".formatted(Addresses.toString(address()),
				(inForce < backlog) ? "%d capped to %d by somaxconn".formatted(backlog, inForce) : backlog,
				this.limit));
	}

	/** Bound already, by {@link #start()}. */
	@Override
	protected ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address) {
		return Objects.requireNonNull(this.server);
	}

	/** Runs the library's loop, and each connection, on a virtual thread of its own. */
	private void execute(Runnable task) {
		if (task == this) {
			Objects.requireNonNull(this.server).startAccepting(this::acceptAll);
		}
		else {
			Thread.startVirtualThread(() -> serve((TcpConnectionSupport) task));
		}
	}

	private void acceptAll() {
		EchoServerSocket server = Objects.requireNonNull(this.server);
		Throwable cause = null;
		try {
			run();
		}
		catch (Throwable ex) {
			cause = ex;
		}
		if (server.isServing()) {
			died("acceptor", cause);
		}
	}

	private void serve(TcpConnectionSupport connection) {
		try {
			try {
				connection.run();
			}
			finally {
				// The gateway has done so for those that had an exchange.
				closeConnection(connection.getConnectionId());
				connection.getSenders().forEach((sender) -> sender.removeDeadConnection(connection));
			}
		}
		catch (Throwable ex) {
			this.faults.add(connection.getHostAddress(), "its interceptor failed", ex);
		}
	}

	/**
	 * Does nothing: an {@code IOException} of a client that is gone would end the loop.
	 */
	@Override
	protected void setSocketAttributes(Socket socket) {
	}

	/** Does not end the loop by an {@code Error}. */
	@Override
	protected TcpConnectionSupport wrapConnection(TcpConnectionSupport connection) {
		return guard(((EchoConnection) connection).socket(), () -> super.wrapConnection(connection));
	}

	/** Does not end the loop by an {@code Error}. */
	@Override
	protected void initializeConnection(TcpConnectionSupport connection, Socket socket) {
		guard(socket, () -> {
			super.initializeConnection(connection, socket);
			return connection;
		});
	}

	/** The library closes the socket for a {@code RuntimeException}, and goes on. */
	private <T> T guard(Socket socket, Supplier<T> step) {
		try {
			return step.get();
		}
		catch (Throwable ex) {
			this.faults.add(Addresses.toString(((EchoSocket) socket).client()), "its connection could not be made", ex);
			throw new IllegalStateException(ex);
		}
	}

	/** Does nothing at every accept, because it walks through all connections. */
	@Override
	protected void harvestClosedConnections() {
	}

	private void everySecond() {
		this.acceptFailures.report();
		this.faults.report();
		noteReadiness();
		try {
			// Those that could not be made.
			super.harvestClosedConnections();
		}
		catch (RuntimeException ex) {
			this.faults.add("a closed connection", "its interceptor failed", ex);
		}
	}

	private void noteReadiness() {
		this.notReadySince = isReady() ? null : Objects.requireNonNullElseGet(this.notReadySince, Instant::now);
	}

	private void died(String who, @Nullable Throwable cause) {
		Faults.haltIfFatal(cause);
		this.dead = "the " + who + " has ended";
		log.error("Not live: " + this.dead + "; only a restart helps", cause);
		AvailabilityChangeEvent.publish(Objects.requireNonNull(getApplicationContext()), LivenessState.BROKEN);
	}

	/**
	 * Accepts who is queued, closes the port, and lets all end by themselves.
	 * @return whether they have in time
	 */
	boolean drain(Duration timeout) throws InterruptedException {
		EchoServerSocket server = this.server;
		if (server == null) {
			return true;
		}
		server.drain();
		noteReadiness();
		return server.awaitEnd(System.nanoTime() + timeout.toNanos());
	}

	/**
	 * Cuts every connection that is open, unless {@link Drain} has come before, and
	 * returns when they have ended and the port is free. Handlers are interrupted, and
	 * waited for {@link #STOP_TIMEOUT} at most.
	 */
	@Override
	public void stop() {
		EchoServerSocket server = this.server;
		Watcher watcher = this.watcher;
		if (server == null || watcher == null || server.isStopped()) {
			return;
		}
		server.stop();
		server.open().forEach(EchoSocket::abort);
		try {
			server.awaitEnd(System.nanoTime() + STOP_TIMEOUT.toNanos());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		watcher.stop();
		// The gateway keeps those whose handlers do not return: it logs an error for a
		// reply whose connection it does not know.
		this.connections.clear();
		abandon(List.copyOf(server.open()));
		everySecond();
		try {
			server.close();
		}
		catch (IOException ex) {
			// The descriptor is free all the same: close(2).
		}
		super.stop();
		// Not done there, if the loop has not begun or has ended.
		setActive(false);
	}

	private void abandon(List<EchoSocket> open) {
		long now = System.nanoTime();
		open.stream()
			.filter((socket) -> socket.handledFor(now) > 0)
			.max(Comparator.comparingLong((socket) -> socket.handledFor(now)))
			.ifPresent((oldest) -> log
				.warn("Stopped, but for %d connections whose handlers run on, the oldest for %s since %d ms".formatted(
						open.size(), Addresses.toString(oldest.client()),
						TimeUnit.NANOSECONDS.toMillis(oldest.handledFor(now)))));
		open.forEach(EchoSocket::close);
	}

	/** Until a stop, also in a drain: the library's state ends with its loop. */
	@Override
	public boolean isRunning() {
		EchoServerSocket server = this.server;
		return server != null && !server.isStopped();
	}

	/** Whether a new client is served, or waits only for a permit. */
	boolean isReady() {
		return notReadyBecause() == null;
	}

	/** Why a new client is not served; null while it is. */
	@Nullable String notReadyBecause() {
		EchoServerSocket server = this.server;
		Watcher watcher = this.watcher;
		if (server == null || watcher == null) {
			return "not started";
		}
		if (!server.isServing()) {
			return "stopping";
		}
		if (this.dead != null) {
			return this.dead;
		}
		if (server.isFailing()) {
			return "accept fails";
		}
		return watcher.isStarved() ? watcher.starvation() : null;
	}

	/** Seen by the watcher, a second late at most; null while it is ready. */
	@Nullable Instant notReadySince() {
		return isReady() ? null : this.notReadySince;
	}

	int limit() {
		return this.limit;
	}

	/** Connections whose descriptors are not yet free, lingering ones included. */
	int open() {
		EchoServerSocket server = this.server;
		return (server == null) ? 0 : server.open().size();
	}

	/** Nanoseconds since the oldest message was read that a handler still has; else 0. */
	long oldestExchange() {
		EchoServerSocket server = this.server;
		long now = System.nanoTime();
		return (server == null) ? 0
				: server.open().stream().mapToLong((socket) -> socket.handledFor(now)).max().orElse(0);
	}

	/** Where it listens, since the newest start; before the first, where it will. */
	InetSocketAddress address() {
		EchoServerSocket server = this.server;
		return (server == null) ? this.properties.socketAddress() : server.address();
	}

	@Override
	public int getPort() {
		return address().getPort();
	}

}
