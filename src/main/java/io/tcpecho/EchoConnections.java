package io.tcpecho;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * The connections of one listener, each where its state belongs: with the selector, in
 * the queue of those that wait equally long, or in line for its exchange. For the
 * listener's thread alone, but for {@link #replied} and {@link #closeChannel}.
 */
final class EchoConnections {

	/**
	 * How long a half-closed connection is left alone. Most clients have closed by then,
	 * which one read tells; only those that have not cost the system calls and the
	 * wake-up of a selector.
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

	/** Those that have had their reply, and are not yet in {@link #waits}. */
	private final Queue<EchoConnection> replied = new ConcurrentLinkedQueue<>();

	/** Accepted, and their permits not yet released. */
	private final AtomicInteger open = new AtomicInteger();

	/** Of these, closed; their descriptors are free after the next select. */
	private final AtomicInteger awaitingSelect = new AtomicInteger();

	private volatile @Nullable Outcome cut;

	EchoConnections(EchoListener listener, Selector selector, EchoConnectionFactory factory) {
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
			settle(connection);
		}
	}

	void read(EchoConnection connection) {
		step(connection, EchoConnection::read);
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
		long least = (this.awaitingSelect.get() > 0) ? 0 : Long.MAX_VALUE;
		for (TimeoutQueue wait : this.waits.values()) {
			least = Math.min(least, wait.untilDue(now));
		}
		return least;
	}

	/** One step of a connection: whatever it throws costs that connection alone. */
	private void step(EchoConnection connection, Consumer<EchoConnection> step) {
		ConnectionState before = connection.state();
		try {
			step.accept(connection);
		}
		catch (Throwable ex) {
			connection.fail("its connection failed", ex);
		}
		if (connection.state() != before) {
			TimeoutQueue left = this.waits.get(before);
			if (left != null) {
				left.remove(connection);
			}
			settle(connection);
		}
	}

	private void settle(EchoConnection connection) {
		ConnectionState state = connection.state();
		try {
			switch (state) {
				case WAITING, LINGERING -> connection.channel.register(this.selector, SelectionKey.OP_READ, connection);
				case EXCHANGING -> {
					this.ready.add(connection);
					SelectionKey key = connection.channel.keyFor(this.selector);
					if (key != null) {
						// Else the client's FIN would be a wake-up of its own.
						key.cancel();
					}
				}
				case HALF_CLOSED, CLOSED -> {
				}
			}
			TimeoutQueue wait = this.waits.get(state);
			if (wait != null) {
				wait.add(connection);
			}
		}
		catch (IOException | RuntimeException ex) {
			connection.fail("its connection failed", ex);
		}
	}

	@Nullable EchoConnection pollReady() {
		return this.ready.poll();
	}

	/** Takes a connection back that has had its reply; from any thread. */
	void replied(EchoConnection connection) {
		this.replied.add(connection);
		wakeup();
		Outcome outcome = this.cut;
		if (outcome != null) {
			// Its listener has ended, and may have missed it.
			connection.enter(ConnectionState.CLOSED, outcome);
		}
	}

	void settleReplied() {
		for (EchoConnection connection; (connection = this.replied.poll()) != null;) {
			settle(connection);
		}
	}

	/**
	 * Cuts all but those in the hands of the library, and these when they have their
	 * reply.
	 */
	void cut(Outcome outcome) {
		this.ready.forEach((connection) -> connection.enter(ConnectionState.CLOSED, outcome));
		this.waits.values()
			.forEach((wait) -> wait.forEach((connection) -> connection.enter(ConnectionState.CLOSED, outcome)));
		this.cut = outcome;
		for (EchoConnection connection; (connection = this.replied.poll()) != null;) {
			connection.enter(ConnectionState.CLOSED, outcome);
		}
	}

	/**
	 * Closes the channel of a connection; from any thread. Its permit is released when
	 * its descriptor is free: at once, or, if the selector has it, after the next select.
	 */
	void closeChannel(SocketChannel channel) {
		boolean registered = channel.isRegistered();
		EchoListener.closeQuietly(channel);
		this.factory.books.closed();
		if (!registered) {
			releasePermit();
		}
		else {
			this.awaitingSelect.incrementAndGet();
			if (this.cut != null) {
				// Its listener selects no more.
				releasePermits(1);
			}
		}
		wakeup();
	}

	/** How many are closed, and keep their descriptors until a select. */
	int awaitingSelect() {
		return this.awaitingSelect.get();
	}

	/** Releases the permits of so many that awaited a select. */
	void releasePermits(int count) {
		// A late close and the end of its listener may both release the same one.
		int before = this.awaitingSelect.getAndUpdate((now) -> Math.max(0, now - count));
		for (int i = Math.min(before, count); i > 0; i--) {
			releasePermit();
		}
	}

	private void releasePermit() {
		this.open.decrementAndGet();
		this.factory.limit.release();
	}

	private void wakeup() {
		if (Thread.currentThread() != this.listener.thread) {
			this.listener.wakeup();
		}
	}

	boolean isEmpty() {
		return this.open.get() == 0;
	}

	/** For one read; empty. */
	ByteBuffer buffer() {
		return this.buffer.clear();
	}

}
