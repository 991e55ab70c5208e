package io.tcpecho;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One loop: a listening socket, a selector and a thread. It accepts, lets its
 * {@linkplain OpenConnections connections} take their next step, and hands those whose
 * message is there to the library.
 * <p>
 * Everything happens on its thread, so a handler that blocks holds all of them up, unless
 * exchanges have threads of their own. Other threads may call {@link #tell},
 * {@link #awaitEmptied}, {@link #watch}, {@link #freePort}, {@link #wakeup} and what
 * tells of its state.
 */
final class EchoListener implements Runnable {

	/** What health and metrics say of it. */
	enum State {

		/** It accepts, or waits for a permit. */
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

	/** What it is told to do. It never goes back. */
	enum Order {

		SERVE,

		/** Accept what the kernel had queued by then. The port is still open. */
		DRAIN,

		/** Stop listening, and end when the last connection has. */
		CLOSE,

		/** End, and cut what is open. */
		STOP

	}

	private static final Duration STUCK_AFTER = Duration.ofSeconds(5);

	private static final Log log = LogFactory.getLog(EchoListener.class);

	private final EchoConnectionFactory factory;

	final ListeningSocket socket;

	private final Selector selector;

	private final SelectionKey acceptKey;

	private final OpenConnections connections;

	final Thread thread;

	/** Open when a drain has accepted all that was queued, or never will. */
	private final CountDownLatch emptied = new CountDownLatch(1);

	private volatile boolean saidStuck;

	private volatile Order order = Order.SERVE;

	private volatile boolean dead;

	/** When the work of this turn began, 0 between turns. */
	private volatile long busySince;

	private volatile @Nullable EchoConnection exchanging;

	EchoListener(int number, ListeningSocket socket, EchoConnectionFactory factory) throws IOException {
		this.factory = factory;
		this.socket = socket;
		this.selector = Selector.open();
		this.acceptKey = socket.register(this.selector);
		this.connections = new OpenConnections(this, this.selector, factory);
		this.thread = Thread.ofPlatform().name("echo-listener-" + number).unstarted(this);
	}

	@Override
	public void run() {
		try {
			while (this.order != Order.STOP && !isDrained()) {
				select();
				turn(System.nanoTime());
			}
		}
		catch (Throwable ex) {
			// A stop may have interrupted it, or have freed the port.
			if (this.order != Order.STOP) {
				this.dead = true;
				this.factory.died(this, ex);
			}
		}
		finally {
			end();
		}
	}

	private boolean isDrained() {
		return this.order == Order.CLOSE && !this.socket.isOpen() && this.connections.isEmpty();
	}

	private void select() throws IOException {
		long now = System.nanoTime();
		if (this.socket.isOpen()) {
			this.acceptKey.interestOps(this.socket.wantsClients() ? SelectionKey.OP_ACCEPT : 0);
		}
		else if (this.order.compareTo(Order.CLOSE) < 0) {
			// Nobody closes it so early. If it were closed all the same, this listener
			// would be deaf, and say nothing of it.
			throw new ClosedChannelException();
		}
		long wait = Math.min(this.connections.untilDue(now), this.socket.untilRetry(now));
		// A pending interrupt would make every select return at once.
		Thread.interrupted();
		this.busySince = 0;
		if (wait <= 0) {
			this.selector.selectNow();
		}
		else {
			// At least that long: those that fall due close together cost one wake-up.
			wait = Math.max(wait, OpenConnections.FIRST_LOOK.toNanos());
			this.selector.select(TimeUnit.NANOSECONDS.toMillis(wait) + 1);
		}
		this.connections.releasePermits();
	}

	private void turn(long now) throws IOException {
		this.busySince = now;
		Set<SelectionKey> selected = this.selector.selectedKeys();
		boolean acceptable = selected.remove(this.acceptKey);
		selected.forEach(this.connections::read);
		selected.clear();
		if (this.socket.isOpen() && (acceptable || this.order != Order.SERVE || this.socket.isDue(now))) {
			accept();
		}
		// Before the exchanges: their connections can linger only when the selector, in
		// its next select, has done with their keys.
		this.connections.timeOut(now);
		EchoConnection next;
		while (this.order != Order.STOP && (next = this.connections.pollReady()) != null) {
			this.exchanging = next;
			this.factory.exchange(next);
			this.exchanging = null;
			// One that a handler leaves behind must not reach the next.
			Thread.interrupted();
		}
		this.connections.placeReturned();
	}

	private void accept() throws IOException {
		Order now = this.order;
		boolean queueEmptied = this.socket.accept(this, now != Order.SERVE, this.connections::add);
		if (queueEmptied && now != Order.SERVE) {
			this.emptied.countDown();
			if (now == Order.CLOSE) {
				this.socket.close();
				// Until it is deregistered the kernel's socket goes on listening.
				this.selector.selectNow();
			}
		}
	}

	private void end() {
		this.busySince = 0;
		try {
			if (!this.dead) {
				this.socket.turnAway(this::turnAway);
			}
			this.emptied.countDown();
			this.factory.limit.leave(this);
			this.connections.cut(this.dead ? Outcome.ERROR : Outcome.ABORTED);
		}
		finally {
			freePort();
			this.connections.releasePermits();
		}
	}

	/** Whether it ends, or has ended, without waiting for its connections. */
	boolean isEnding() {
		return this.dead || this.order == Order.STOP;
	}

	private void turnAway(SocketChannel late) {
		Books books = this.factory.books;
		books.accepted();
		books.ended(Outcome.ABORTED, 0);
		closeQuietly(late);
		books.closed();
	}

	/** Frees the port, even if a handler holds the thread. */
	void freePort() {
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

	/** Gives it an order, unless it has had one that goes further. */
	synchronized void tell(Order next) {
		if (next.compareTo(this.order) > 0) {
			this.order = next;
		}
		wakeup();
	}

	/** Waits until a drain has accepted all that was queued. */
	void awaitEmptied(long deadline) throws InterruptedException {
		this.emptied.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
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
