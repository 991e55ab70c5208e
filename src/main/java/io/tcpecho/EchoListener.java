package io.tcpecho;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Queue;
import java.util.SequencedSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket, with an accept filter: {@link #accept()} hands a connection out
 * once its message is there, as {@code accf_data(9)} does on FreeBSD. A client that only
 * connects costs a socket, and no thread.
 * <p>
 * All of it happens inside {@link #accept()}, on the one thread that calls it: accepting,
 * the first read, the read timeout, and the lingering after the reply. Other threads may
 * call {@link #drain()}, {@link #close()}, {@link #linger}, {@link #wakeup()} and the
 * getters.
 */
final class EchoListener extends ServerSocket {

	/**
	 * When a half-closed connection is looked at for the first time, or up to as long
	 * after that. Most clients have closed by then, and one read says so; only those that
	 * have not are given to the selector, which costs two system calls and a wake-up.
	 */
	private static final long FIRST_LOOK = TimeUnit.MILLISECONDS.toNanos(10);

	/** How often a drain looks whether the kernel's queue is empty. */
	private static final long DRAIN_INTERVAL = TimeUnit.MILLISECONDS.toNanos(1);

	/** Connections accepted in one turn, so that a flood does not starve the others. */
	private static final int BATCH = 64;

	/** The kernel's cap on the backlog (listen(2)), on Linux. */
	private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");

	private static final int DISCARD_BUFFER_SIZE = 8192;

	private static final Log logger = LogFactory.getLog(EchoListener.class);

	private final EchoProperties properties;

	private final EchoMetrics metrics;

	private final int limit;

	private final AcceptFailures failures;

	private final ServerSocketChannel channel;

	private final InetSocketAddress address;

	private final Selector selector;

	private final SelectionKey acceptKey;

	private final Consumer<SelectionKey> onSelected = this::selected;

	private final ByteBuffer messageBuffer;

	private final ByteBuffer discardBuffer = ByteBuffer.allocateDirect(DISCARD_BUFFER_SIZE);

	/** Message there, exchange not begun. */
	private final Queue<EchoSocket> ready = new ArrayDeque<>();

	/** Nothing received yet, oldest first. */
	private final SequencedSet<EchoSocket> waiting = new LinkedHashSet<>();

	/** Half-closed, first look not due, oldest first. */
	private final Queue<EchoSocket> halfClosed = new ConcurrentLinkedQueue<>();

	/** Looked at, still not closed by the client, oldest first. */
	private final SequencedSet<EchoSocket> lingering = new LinkedHashSet<>();

	private volatile @Nullable Thread thread;

	private final CountDownLatch released = new CountDownLatch(1);

	private volatile boolean draining;

	private volatile boolean closed;

	private boolean acceptable;

	/**
	 * How many a drain may still accept: as many as the queue can have held when it
	 * began, or clients who keep coming would keep it from its end.
	 */
	private long drainable;

	/**
	 * Binds and listens; connections wait in the kernel's queue until {@link #accept()}
	 * is called.
	 */
	EchoListener(EchoProperties properties, int limit, EchoMetrics metrics) throws IOException {
		this.properties = properties;
		this.limit = limit;
		this.metrics = metrics;
		this.failures = new AcceptFailures(metrics);
		this.drainable = properties.backlog() + 1L;
		this.messageBuffer = ByteBuffer.allocateDirect((int) properties.maxMessageSize().toBytes());
		this.channel = ServerSocketChannel.open();
		this.channel.bind(properties.socketAddress(), properties.backlog());
		this.channel.configureBlocking(false);
		this.address = (InetSocketAddress) this.channel.getLocalAddress();
		this.selector = Selector.open();
		this.acceptKey = this.channel.register(this.selector, 0);
		logger.info("Listening on %s, backlog %s, at most %d connections".formatted(this.address,
				backlogInForce(properties.backlog()), limit));
	}

	private static String backlogInForce(int backlog) {
		// Not readString: it reads a file of size 0 byte by byte, and here only the first
		// read gets anything.
		try (BufferedReader reader = Files.newBufferedReader(SOMAXCONN)) {
			int cap = Integer.parseInt(String.valueOf(reader.readLine()));
			return (backlog <= cap) ? String.valueOf(backlog) : "%d capped to %d by somaxconn".formatted(backlog, cap);
		}
		catch (IOException | NumberFormatException ex) {
			return String.valueOf(backlog);
		}
	}

	/**
	 * Waits for a connection whose message is there.
	 * @throws SocketException when this listener is closed, or drained and empty, or
	 * cannot go on; for any other exception the factory would stop itself, as if that had
	 * been wanted
	 */
	@Override
	public Socket accept() throws SocketException {
		this.thread = Thread.currentThread();
		try {
			while (!this.closed && (this.channel.isOpen() || (this.draining && this.metrics.open() > 0))) {
				EchoSocket socket = this.ready.poll();
				if (socket != null) {
					return socket;
				}
				// Else an interrupt left by a handler makes each select return at once.
				Thread.interrupted();
				turn();
			}
		}
		catch (IOException ex) {
			logger.error("The listener failed", ex);
		}
		throw new SocketException("The listener is closed");
	}

	private void turn() throws IOException {
		if (this.channel.isOpen()) {
			boolean wanted = this.metrics.open() < this.limit && !this.failures.isLasting();
			this.acceptKey.interestOps(wanted ? SelectionKey.OP_ACCEPT : 0);
		}
		this.acceptable = false;
		this.selector.select(this.onSelected, timeout());
		long now = System.nanoTime();
		boolean due = this.failures.isLasting() ? this.failures.isRetryDue(now) : this.acceptable || this.draining;
		if (due && this.channel.isOpen()) {
			acceptQueued();
		}
		expire(now);
	}

	private void selected(SelectionKey key) {
		if (!(key.attachment() instanceof EchoSocket socket)) {
			this.acceptable = true;
		}
		else if (this.waiting.contains(socket)) {
			if (receive(socket)) {
				this.waiting.remove(socket);
				// Else the client's FIN would be a wake-up of its own.
				key.cancel();
			}
		}
		else if (this.lingering.contains(socket) && discard(socket)) {
			this.lingering.remove(socket);
		}
	}

	/** Accepts a batch; in a drain what was queued when it began, and no more. */
	private void acceptQueued() throws IOException {
		boolean last = this.draining;
		for (int i = 0; last ? this.drainable > 0 : i < BATCH; i++) {
			if (this.metrics.open() >= this.limit) {
				return;
			}
			EchoSocket socket;
			try {
				SocketChannel accepted = this.channel.accept();
				this.failures.reset();
				if (accepted == null) {
					break;
				}
				socket = new EchoSocket(accepted, this, this.metrics);
			}
			catch (IOException ex) {
				this.failures.add(ex, System.nanoTime());
				return;
			}
			this.drainable -= last ? 1 : 0;
			if (!receive(socket)) {
				this.waiting.add(socket);
				socket.register(this.selector);
			}
		}
		if (last) {
			stopListening();
		}
	}

	private void stopListening() throws IOException {
		this.channel.close();
		// Until its key is deregistered the kernel's socket goes on listening.
		this.selector.selectNow(this.onSelected);
	}

	/** Tells whether waiting is over, with a message or without. */
	private boolean receive(EchoSocket socket) {
		if (socket.receive(this.messageBuffer)) {
			this.ready.add(socket);
			return true;
		}
		return socket.isClosed();
	}

	private boolean discard(EchoSocket socket) {
		boolean over = socket.discard(this.discardBuffer, this.properties.linger().maxBytes().toBytes());
		if (over) {
			socket.release();
		}
		return over;
	}

	/** Ends what has waited or lingered for its whole time. */
	private void expire(long now) throws IOException {
		while (!this.waiting.isEmpty() && waitOf(this.waiting.getFirst(), now) <= 0) {
			EchoSocket socket = this.waiting.removeFirst();
			// One select tells of 1,024 sockets at most: its message may be there.
			if (receive(socket)) {
				socket.deregister(this.selector);
			}
			else {
				socket.abandon(Outcome.TIMEOUT);
			}
		}
		while (!this.halfClosed.isEmpty() && now - this.halfClosed.element().endedAt() >= FIRST_LOOK) {
			EchoSocket socket = this.halfClosed.remove();
			if (!discard(socket)) {
				this.lingering.add(socket);
				socket.register(this.selector);
			}
		}
		while (!this.lingering.isEmpty() && lingerOf(this.lingering.getFirst(), now) <= 0) {
			this.lingering.removeFirst().release();
		}
	}

	/** In milliseconds, 0 for ever: what {@link Selector#select(long)} wants. */
	private long timeout() {
		long now = System.nanoTime();
		long nanos = Long.MAX_VALUE;
		if (!this.halfClosed.isEmpty()) {
			nanos = FIRST_LOOK;
		}
		if (!this.waiting.isEmpty()) {
			nanos = Math.min(nanos, waitOf(this.waiting.getFirst(), now));
		}
		if (!this.lingering.isEmpty()) {
			nanos = Math.min(nanos, lingerOf(this.lingering.getFirst(), now));
		}
		if (this.draining && this.channel.isOpen()) {
			nanos = Math.min(nanos, DRAIN_INTERVAL);
		}
		if (this.failures.isLasting()) {
			nanos = Math.min(nanos, this.failures.untilRetry(now));
		}
		return (nanos == Long.MAX_VALUE) ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
	}

	private long waitOf(EchoSocket socket, long now) {
		return socket.acceptedAt() + this.properties.readTimeout().toNanos() - now;
	}

	private long lingerOf(EchoSocket socket, long now) {
		return socket.endedAt() + this.properties.linger().timeout().toNanos() - now;
	}

	/**
	 * Closes everything that is still open. To be called on the thread of
	 * {@link #accept()}, after its end.
	 */
	void release() {
		Stream.of(this.ready, this.waiting).flatMap(Collection::stream).forEach(EchoSocket::close);
		try {
			this.channel.close();
			this.selector.close();
		}
		catch (IOException ex) {
			logger.debug("Closing the listener failed", ex);
		}
		// Before the rest: from here on linger() sees to its socket itself.
		this.released.countDown();
		Stream.of(this.halfClosed, this.lingering).flatMap(Collection::stream).forEach(EchoSocket::release);
	}

	/**
	 * Waits until every exchange has ended and the port is closed, and tells whether that
	 * came in time.
	 */
	boolean awaitRelease(Duration timeout) throws InterruptedException {
		return this.released.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
	}

	/** Takes over a connection that was half-closed after its reply. */
	void linger(EchoSocket socket) {
		this.halfClosed.add(socket);
		wakeup();
		if (this.released.getCount() == 0) {
			socket.release();
		}
	}

	/** To be called when something has changed that {@link #accept()} waits for. */
	void wakeup() {
		if (Thread.currentThread() != this.thread) {
			this.selector.wakeup();
		}
	}

	/**
	 * Accepts what the kernel has queued, stops listening, and lets {@link #accept()} end
	 * when the last connection has.
	 */
	void drain() {
		this.draining = true;
		wakeup();
	}

	/** Ends {@link #accept()}, and cuts every connection that is open. */
	@Override
	public void close() {
		this.closed = true;
		wakeup();
	}

	/** Whether {@link #close()} was called. */
	@Override
	public boolean isClosed() {
		return this.closed;
	}

	/** Whether the end of {@link #accept()} is wanted. */
	boolean isStopping() {
		return this.closed || this.draining;
	}

	/** Whether connections are accepted, or wait only for a place. */
	boolean isAccepting() {
		return !isStopping() && !this.failures.isLasting();
	}

	AcceptFailures.@Nullable Failure lastAcceptFailure() {
		return this.failures.last();
	}

	@Override
	public InetAddress getInetAddress() {
		return Objects.requireNonNull(this.address.getAddress());
	}

	@Override
	public int getLocalPort() {
		return this.address.getPort();
	}

}
