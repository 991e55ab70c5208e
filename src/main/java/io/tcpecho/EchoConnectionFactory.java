package io.tcpecho;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;

import io.tcpecho.EchoListener.Order;
import io.tcpecho.EchoListener.State;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.SmartLifecycle;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorSupport;
import org.springframework.integration.ip.tcp.connection.TcpConnectionSupport;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.integration.ip.tcp.connection.TcpSender;

/**
 * Spring Integration's server, with {@link EchoListener}s in the place of its accept
 * loop. They hand a connection to the library when its message is there.
 * <p>
 * What it overrides: {@link #start()} binds on the caller's thread, so that a taken port
 * fails the start; {@link #run()} starts the listeners; {@link #stop()} returns when they
 * have ended and the port is free.
 */
final class EchoConnectionFactory extends TcpNetServerConnectionFactory implements SmartLifecycle {

	/** The superclass's logger has this class's name, and is turned down. */
	private static final Log log = LogFactory.getLog(EchoListener.class);

	/** How long a stop waits for a listener that a handler holds. */
	private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(2);

	final EchoProperties properties;

	final ConnectionLimit limit;

	final Books books;

	private final Executor exchangeExecutor;

	final AcceptFailures acceptFailures = new AcceptFailures();

	final Faults faults = new Faults();

	private volatile List<EchoListener> listeners = List.of();

	private volatile boolean draining;

	private volatile @Nullable Instant notReadySince;

	private @Nullable Future<?> watch;

	EchoConnectionFactory(EchoProperties properties, ConnectionLimit limit, Books books, Executor exchangeExecutor) {
		super(properties.port());
		this.properties = properties;
		this.limit = limit;
		this.books = books;
		this.exchangeExecutor = exchangeExecutor;
		setSingleUse(true);
		// Else the library sets one of 10 s; the read timeout is the listener's.
		setSoTimeout(0);
		setMapper(new EchoMessageMapper());
		// For run(), which only starts threads.
		setTaskExecutor(Runnable::run);
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

	@Override
	public void start() {
		if (!isActive()) {
			this.listeners = bind();
			this.draining = false;
		}
		super.start();
	}

	private List<EchoListener> bind() {
		List<EchoListener> bound = new ArrayList<>();
		ListeningSocket socket = null;
		try {
			for (int i = 1; i <= this.properties.listeners() && (socket == null || socket.canShare()); i++) {
				socket = new ListeningSocket(this.properties, this.limit, this.acceptFailures, socket);
				bound.add(new EchoListener(i, socket, this));
			}
			return bound;
		}
		catch (IOException | IllegalArgumentException ex) {
			bound.forEach(EchoListener::freePort);
			if (socket != null) {
				EchoListener.closeQuietly(socket);
			}
			throw new ApplicationContextException(ListenFailureAnalyzer.CANNOT_LISTEN, ex);
		}
	}

	/** Lets the listeners run; called by the parent's {@link #start()}. */
	@Override
	public void run() {
		setListening(true);
		this.listeners.forEach((listener) -> listener.thread.start());
		this.watch = getTaskScheduler().scheduleAtFixedRate(this::watch, Duration.ofSeconds(1));
		int backlog = this.properties.backlog();
		int inForce = ListeningSocket.backlogInForce(backlog);
		log.info("Listening on %s, listeners %d, backlog %s, at most %d connections".formatted(
				Addresses.toString(address()), this.listeners.size(),
				(inForce < backlog) ? "%d capped to %d by somaxconn".formatted(backlog, inForce) : backlog,
				this.limit.limit()));
	}

	private void watch() {
		this.acceptFailures.report();
		this.faults.report();
		this.listeners.forEach(EchoListener::watch);
		noteReadiness();
	}

	private void noteReadiness() {
		this.notReadySince = isReady() ? null : Objects.requireNonNullElseGet(this.notReadySince, Instant::now);
	}

	/** Hands over a connection whose message is there. */
	void exchange(EchoConnection connection) {
		try {
			TcpConnectionSupport outermost = wrapConnection(connection);
			// A stop may have closed it meanwhile.
			if (connection.isOpen()) {
				initializeConnection(outermost, connection.channel.socket());
				this.exchangeExecutor.execute(outermost);
				return;
			}
		}
		catch (Throwable ex) {
			connection.fail("the exchange could not begin", ex);
		}
		closeConnection(connection.getConnectionId());
	}

	/** Without the parent's lock, for which the listeners would wait for each other. */
	@Override
	protected void addConnection(TcpConnectionSupport connection) {
		this.connections.put(connection.getConnectionId(), connection);
		if (!isActive()) {
			closeConnection(connection.getConnectionId());
		}
	}

	@Override
	public boolean closeConnection(String connectionId) {
		TcpConnectionSupport connection = this.connections.remove(connectionId);
		if (connection != null) {
			close(connection, connection.getSenders());
		}
		return connection != null;
	}

	private void close(TcpConnectionSupport connection, List<TcpSender> senders) {
		try {
			senders.forEach((sender) -> sender.removeDeadConnection(connection));
			connection.close();
		}
		catch (Throwable ex) {
			innermost(connection).fail("it could not be closed", ex);
		}
	}

	/** To be called by a listener that cannot go on. */
	void died(EchoListener listener, Throwable cause) {
		Faults.haltIfFatal(cause);
		log.error(listener.thread.getName() + " is dead; the others get its share until a restart", cause);
		AvailabilityChangeEvent.publish(Objects.requireNonNull(getApplicationContext()), LivenessState.BROKEN);
	}

	/**
	 * Lets the listeners accept what is queued, close the port, and serve what they have.
	 * @return whether all of it has ended in time
	 */
	boolean drain(Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + timeout.toNanos();
		this.draining = true;
		noteReadiness();
		this.listeners.forEach((listener) -> listener.tell(Order.DRAIN));
		for (EchoListener listener : this.listeners) {
			listener.awaitEmptied(deadline);
		}
		// All together: the kernel gives a new client to any that still listens.
		this.listeners.forEach((listener) -> listener.tell(Order.CLOSE));
		return join(deadline);
	}

	/**
	 * Cuts every connection that is open, unless {@link Drain} has come before. A handler
	 * that holds its listener is interrupted, and waited for {@link #JOIN_TIMEOUT} at
	 * most; the other connections of that listener are cut when the handler ends.
	 */
	@Override
	public void stop() {
		if (!isActive()) {
			return;
		}
		setActive(false);
		setListening(false);
		this.listeners.forEach((listener) -> listener.tell(Order.STOP));
		// Those that the library has; each listener cuts its others. The gateway keeps
		// them, for it logs an error for a reply whose connection it does not know.
		this.connections.values().forEach((connection) -> close(connection, List.of()));
		this.listeners.forEach((listener) -> listener.thread.interrupt());
		try {
			join(System.nanoTime() + JOIN_TIMEOUT.toNanos());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		for (EchoListener listener : this.listeners) {
			// By the state, as join: isAlive() can be true for a moment longer.
			if (listener.thread.getState() != Thread.State.TERMINATED) {
				log.warn("Stopped, but for a thread that does not end: " + listener);
				listener.freePort();
				this.limit.leave(listener);
			}
		}
		Objects.requireNonNull(this.watch).cancel(false);
		watch();
	}

	/** Waits for the listeners; tells whether all have ended in time. */
	private boolean join(long deadline) throws InterruptedException {
		boolean ended = true;
		for (EchoListener listener : this.listeners) {
			ended &= listener.thread.join(Duration.ofNanos(deadline - System.nanoTime()));
		}
		return ended;
	}

	/** Whether a new client is served, by whichever listener the kernel gives it to. */
	boolean isReady() {
		return isActive() && !this.draining && this.listeners.stream().noneMatch((one) -> one.socket.isFailing())
				&& count(State.STUCK) == 0 && count(State.SERVING) > 0;
	}

	/** Seen by the watch, a second late at most; null while it is ready. */
	@Nullable Instant notReadySince() {
		return isReady() ? null : this.notReadySince;
	}

	long count(State state) {
		return this.listeners.stream().filter((listener) -> listener.state() == state).count();
	}

	/** How long ago, in nanoseconds, the message of the oldest exchange was read. */
	long oldestExchange() {
		long now = System.nanoTime();
		return this.connections.values()
			.stream()
			.mapToLong((connection) -> now - innermost(connection).since())
			.reduce(0, Math::max);
	}

	private static EchoConnection innermost(TcpConnectionSupport connection) {
		return (connection instanceof TcpConnectionInterceptorSupport interceptor)
				? innermost(interceptor.getTheConnection()) : (EchoConnection) connection;
	}

	List<EchoListener> listeners() {
		return this.listeners;
	}

	/** Where it listens, since the newest start; before the first, where it will. */
	InetSocketAddress address() {
		return this.listeners.isEmpty() ? this.properties.socketAddress() : this.listeners.getFirst().socket.address;
	}

	@Override
	public int getPort() {
		return address().getPort();
	}

}
