package io.tcpecho;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The connections of one listener, each where its state belongs: with the selector, in
 * the queue of those that wait equally long, or in line for its exchange. For the
 * listener's thread alone, but for {@link #move}.
 */
final class OpenConnections {

	/**
	 * How long a half-closed connection is left alone, and the shortest wait of a select.
	 * Most clients have closed by then, and one read shows it. Only the others are given
	 * to the selector.
	 */
	static final Duration FIRST_LOOK = Duration.ofMillis(10);

	/** Timed out in one turn, so that many together do not hold up the others. */
	private static final int BATCH = 64;

	private static final int BUFFER_SIZE = ProxyHeader.MAX_LENGTH + (int) EchoProperties.LARGEST_MESSAGE.toBytes();

	private final EchoListener listener;

	private final EchoConnectionFactory factory;

	private final Selector selector;

	private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_SIZE);

	/** Those that wait for their clients. */
	private final Map<ConnectionState, TimeoutQueue> waits = new EnumMap<>(ConnectionState.class);

	/** Those whose exchange is to begin. */
	private final Queue<EchoConnection> ready = new ArrayDeque<>();

	/** Those whose exchange another thread has ended. */
	private final Queue<EchoConnection> returned = new ConcurrentLinkedQueue<>();

	/** Accepted, and their permits not yet released. */
	private final AtomicInteger open = new AtomicInteger();

	/** Of these, closed; their descriptors are free after the next select. */
	private int awaitingSelect;

	OpenConnections(EchoListener listener, Selector selector, EchoConnectionFactory factory) {
		EchoProperties properties = factory.properties;
		this.listener = listener;
		this.factory = factory;
		this.selector = selector;
		this.waits.put(ConnectionState.WAITING, new TimeoutQueue(properties.readTimeout()));
		this.waits.put(ConnectionState.HALF_CLOSED, new TimeoutQueue(FIRST_LOOK));
		this.waits.put(ConnectionState.LINGERING, new TimeoutQueue(properties.linger().timeout()));
	}

	/** Takes an accepted connection on, for which a permit has been acquired. */
	void add(SocketChannel accepted) {
		this.open.incrementAndGet();
		this.factory.books.accepted();
		EchoConnection connection;
		try {
			accepted.configureBlocking(false);
			connection = new EchoConnection(accepted, this, this.factory);
		}
		catch (Throwable ex) {
			this.factory.books.ended(Outcome.ERROR, 0);
			closeChannel(accepted);
			this.factory.faults.add("a new client", "its connection could not be made", ex);
			return;
		}
		step(connection, EchoConnection::read);
		if (connection.state() == ConnectionState.WAITING) {
			// Not registered before: most messages are there by now.
			step(connection, this::place);
		}
	}

	/** Reads from the connection that the selector has told of. */
	void read(SelectionKey key) {
		step((EchoConnection) Objects.requireNonNull(key.attachment()), EchoConnection::read);
	}

	/** Ends the wait of those whose time is over, a batch of each kind. */
	void timeOut(long now) {
		for (TimeoutQueue wait : this.waits.values()) {
			EchoConnection due;
			for (int i = 0; i < BATCH && (due = wait.poll(now)) != null; i++) {
				step(due, EchoConnection::timeOut);
			}
		}
	}

	/**
	 * Nanoseconds until the next one's time is over; {@link Long#MAX_VALUE} for none, 0
	 * while a permit awaits a select.
	 */
	long untilDue(long now) {
		long least = (this.awaitingSelect > 0) ? 0 : Long.MAX_VALUE;
		for (TimeoutQueue wait : this.waits.values()) {
			least = Math.min(least, wait.untilDue(now));
		}
		return least;
	}

	/** One step of a connection: whatever it throws costs that connection alone. */
	private void step(EchoConnection connection, Consumer<EchoConnection> step) {
		try {
			step.accept(connection);
		}
		catch (Throwable ex) {
			connection.fail("its connection failed", ex);
			connection.enter(ConnectionState.CLOSED, Outcome.ERROR);
		}
	}

	/**
	 * Puts a connection where its new state belongs. Called by another thread, after an
	 * exchange, it leaves that to the listener.
	 */
	void move(EchoConnection connection, ConnectionState left) {
		if (Thread.currentThread() != this.listener.thread) {
			takeBack(connection);
			return;
		}
		TimeoutQueue wait = this.waits.get(left);
		if (wait != null) {
			wait.remove(connection);
		}
		place(connection);
	}

	private void takeBack(EchoConnection connection) {
		this.returned.add(connection);
		this.listener.wakeup();
		if (this.listener.isEnding() && this.returned.remove(connection)) {
			// The listener may have ended, and have missed it.
			closeChannel(connection.channel);
		}
	}

	private void place(EchoConnection connection) {
		ConnectionState state = connection.state();
		switch (state) {
			case WAITING, LINGERING -> register(connection);
			case EXCHANGING -> {
				this.ready.add(connection);
				SelectionKey key = connection.channel.keyFor(this.selector);
				if (key != null) {
					// Else the client's FIN would be a wake-up of its own.
					key.cancel();
				}
			}
			case HALF_CLOSED -> {
			}
			case CLOSED -> closeChannel(connection.channel);
		}
		TimeoutQueue wait = this.waits.get(state);
		if (wait != null) {
			wait.add(connection);
		}
	}

	private void register(EchoConnection connection) {
		try {
			connection.channel.register(this.selector, SelectionKey.OP_READ, connection);
		}
		catch (ClosedChannelException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Nullable EchoConnection pollReady() {
		return this.ready.poll();
	}

	void placeReturned() {
		for (EchoConnection connection; (connection = this.returned.poll()) != null;) {
			place(connection);
		}
	}

	/** Cuts all but those that the library has, and these when they come back. */
	void cut(Outcome outcome) {
		placeReturned();
		Stream.concat(this.ready.stream(), this.waits.values().stream().flatMap(TimeoutQueue::stream))
			.toList()
			.forEach((connection) -> step(connection, (one) -> one.enter(ConnectionState.CLOSED, outcome)));
	}

	private void closeChannel(SocketChannel channel) {
		boolean registered = channel.isRegistered();
		EchoListener.closeQuietly(channel);
		this.factory.books.closed();
		if (registered && Thread.currentThread() == this.listener.thread) {
			this.awaitingSelect++;
		}
		else {
			releasePermit();
		}
	}

	/** To be called after a select: the descriptors of those closed before are free. */
	void releasePermits() {
		for (; this.awaitingSelect > 0; this.awaitingSelect--) {
			releasePermit();
		}
	}

	private void releasePermit() {
		this.open.decrementAndGet();
		this.factory.limit.release();
	}

	boolean isEmpty() {
		return this.open.get() == 0;
	}

	/** For one read; empty. */
	ByteBuffer buffer() {
		return this.buffer.clear();
	}

}
