package io.tcpecho;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One loop: a listening socket, a selector and a thread. It accepts, lets its
 * {@linkplain EchoConnections connections} take their next step, and hands those whose
 * message is there to the library.
 * <p>
 * Everything happens on its thread, so a handler that blocks holds all of them up, unless
 * exchanges have threads of their own. Other threads may call {@link #drain},
 * {@link #stop}, {@link #free}, {@link #wakeup} and the getters.
 */
final class EchoListener implements Runnable {

	/** What health and metrics say of it. */
	enum State {

		/** It accepts, or waits for a place. */
		SERVING,

		/** Its turn has lasted for {@link #STUCK_AFTER}: most likely a handler blocks. */
		STUCK,

		/** It could not go on. Its socket is closed, so that the others get its share. */
		DEAD;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

	static final Duration STUCK_AFTER = Duration.ofSeconds(5);

	private static final Log log = LogFactory.getLog(EchoListener.class);

	private final EchoConnectionFactory factory;

	private final ListeningSocket socket;

	private final Selector selector;

	private final SelectionKey acceptKey;

	private final EchoConnections connections;

	private final Thread thread;

	private final Consumer<SelectionKey> onSelected = this::selected;

	private boolean acceptable;

	private boolean emptied;

	private volatile boolean saidStuck;

	private volatile boolean draining;

	private volatile boolean stopping;

	private volatile boolean dead;

	/** When the work of this turn began, 0 between turns. */
	private volatile long busySince;

	private volatile @Nullable EchoConnection exchanging;

	EchoListener(int number, ListeningSocket socket, EchoConnectionFactory factory) throws IOException {
		this.factory = factory;
		this.socket = socket;
		this.selector = Selector.open();
		this.acceptKey = socket.register(this.selector);
		this.connections = new EchoConnections(this, this.selector, factory);
		this.thread = Thread.ofPlatform().name("echo-listener-" + number).unstarted(this);
	}

	@Override
	public void run() {
		try {
			while (!this.stopping && !isDrained()) {
				select();
				turn(System.nanoTime());
			}
		}
		catch (Throwable ex) {
			if (!this.stopping) {
				this.dead = true;
				this.factory.died(this, ex);
			}
		}
		finally {
			end();
		}
	}

	private boolean isDrained() {
		return this.draining && !this.socket.isOpen() && this.connections.isEmpty();
	}

	private void select() throws IOException {
		if (this.socket.isOpen()) {
			this.acceptKey.interestOps(this.socket.isWanted() ? SelectionKey.OP_ACCEPT : 0);
		}
		else if (!this.draining) {
			throw new ClosedChannelException();
		}
		long now = System.nanoTime();
		long wait = Math.min(this.connections.untilDue(now), this.socket.untilRetry(now));
		this.acceptable = false;
		// Or this would return at once, each time.
		Thread.interrupted();
		this.busySince = 0;
		if (wait <= 0) {
			this.selector.selectNow(this.onSelected);
		}
		else {
			// Not for each that is due: those of one tick are seen to together.
			wait = Math.max(wait, EchoConnections.FIRST_LOOK.toNanos());
			this.selector.select(this.onSelected, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
		}
		this.connections.freeReleased();
	}

	private void selected(SelectionKey key) {
		if (key.attachment() instanceof EchoConnection connection) {
			this.connections.read(connection);
		}
		else {
			this.acceptable = true;
		}
	}

	private void turn(long now) throws IOException {
		this.busySince = now;
		if (this.socket.isOpen() && (this.acceptable || this.draining || this.socket.isDue(now))) {
			accept();
		}
		this.connections.timeOut(now);
		EchoConnection next;
		while (!this.stopping && (next = this.connections.pollReady()) != null) {
			this.exchanging = next;
			this.factory.exchange(next);
			this.exchanging = null;
			// One that a handler leaves behind must not reach the next.
			Thread.interrupted();
		}
		this.connections.settleHandedBack();
	}

	private void accept() throws IOException {
		boolean last = this.draining;
		if (!this.socket.accept(this, last, this.connections::add) || !last) {
			return;
		}
		emptied();
		// Once more, since a client may have come while the others' queues were emptied.
		if (this.factory.isEveryQueueEmptied() && this.socket.accept(this, last, this.connections::add)) {
			this.socket.close();
			// Until it is deregistered the kernel's socket goes on listening.
			this.selector.selectNow(this.onSelected);
		}
	}

	/** In a drain: all that was queued is accepted, or never will be. */
	private void emptied() {
		if (!this.emptied) {
			this.emptied = true;
			this.factory.emptied();
		}
	}

	private void end() {
		if (!this.dead) {
			this.socket.turnAway(this::turnAway);
		}
		emptied();
		this.factory.limit.leave(this);
		this.connections.cut(this.dead ? Outcome.ERROR : Outcome.ABORTED);
		free();
		this.connections.freeReleased();
	}

	private void turnAway(SocketChannel late) {
		Books books = this.factory.books;
		books.accepted();
		books.ended(Outcome.ABORTED, 0);
		closeQuietly(late);
		books.closed();
	}

	/** Frees the port, even if a handler holds the thread. */
	void free() {
		this.busySince = 0;
		closeQuietly(this.socket);
		closeQuietly(this.selector);
	}

	static void closeQuietly(Closeable closeable) {
		try {
			closeable.close();
		}
		catch (IOException | RuntimeException ex) {
			// The descriptor is free all the same: close(2).
		}
	}

	/** Lets it look for something to do, if need be after this turn. */
	void wakeup() {
		this.selector.wakeup();
	}

	/**
	 * Lets it accept what the kernel has queued, stop listening together with the other
	 * listeners, and end when its last connection has.
	 */
	void drain() {
		this.draining = true;
		wakeup();
	}

	/** Lets it end, and cut what it has. */
	void stop() {
		this.stopping = true;
		wakeup();
	}

	/**
	 * Says that it is stuck, which it can't itself, or that it goes on; called once a
	 * second on a scheduler's thread.
	 */
	void watch() {
		boolean stuck = state() == State.STUCK;
		if (stuck && !this.saidStuck) {
			log.warn("Not ready: " + this);
		}
		else if (!stuck && this.saidStuck) {
			log.info(this.thread.getName() + " goes on");
		}
		this.saidStuck = stuck;
	}

	Thread thread() {
		return this.thread;
	}

	ListeningSocket socket() {
		return this.socket;
	}

	State state() {
		if (this.dead) {
			return State.DEAD;
		}
		return (busy().compareTo(STUCK_AFTER) >= 0) ? State.STUCK : State.SERVING;
	}

	/** How long its turn has lasted; zero between turns. */
	Duration busy() {
		long since = this.busySince;
		return (since == 0) ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
	}

	@Override
	public String toString() {
		EchoConnection current = this.exchanging;
		return "%s has been busy for %d ms%s".formatted(this.thread.getName(), busy().toMillis(),
				(current == null) ? "" : ", now with " + current.remoteAddress());
	}

}
