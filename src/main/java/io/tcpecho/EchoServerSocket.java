package io.tcpecho;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * Listens on the port. It takes a permit before it accepts, goes on after a failure, and
 * in a drain closes once its queue is empty. A virtual thread of its own, the acceptor,
 * runs the library's loop around {@link #accept()}.
 * <p>
 * The queue is emptied by an interrupt: {@code NioSocketImpl.accept} looks before it
 * waits, and only then minds an interrupt. With its interrupt flag set it accepts whoever
 * is queued, and calls {@link #close()} when nobody is.
 */
final class EchoServerSocket extends ServerSocket {

	/**
	 * {@code SO_RCVBUF} of each connection. The kernel makes twice as much of it
	 * (socket(7)), and that is what a client can pin that sends and is not read. At a
	 * round trip of 200 ms 64 KB of surplus still get through in time.
	 */
	private static final int RECEIVE_BUFFER = 32 * 1024;

	/** From a failure of {@code accept(2)} to the next try. */
	private static final Duration PAUSE = Duration.ofMillis(100);

	/** The kernel's cap on the backlog (listen(2)), on Linux. */
	private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");

	private enum Phase {

		SERVING, DRAINING, STOPPED

	}

	private final Books books;

	private final AcceptFailures failures;

	private final int limit;

	private final Semaphore permits;

	private final Set<EchoSocket> open = ConcurrentHashMap.newKeySet();

	private volatile Phase phase = Phase.SERVING;

	private volatile @Nullable Thread acceptor;

	/** Whether the newest accept has failed. */
	private volatile boolean failing;

	/** What the kernel can have queued when a drain or a stop began. */
	private long queued;

	private boolean wouldWait;

	private boolean emptied;

	private final InetSocketAddress address;

	/**
	 * Binds the port.
	 * @param limit how many connections may be open at once
	 */
	EchoServerSocket(EchoProperties properties, int limit, Books books, AcceptFailures failures) throws IOException {
		this.books = books;
		this.failures = failures;
		this.limit = limit;
		this.permits = new Semaphore(limit);
		this.queued = backlogInForce(properties.backlog()) + 1L;
		try {
			setReceiveBufferSize(RECEIVE_BUFFER);
			bind(properties.socketAddress(), properties.backlog());
			this.address = (InetSocketAddress) Objects.requireNonNull(getLocalSocketAddress());
		}
		catch (IOException | RuntimeException ex) {
			super.close();
			throw ex;
		}
	}

	/** What the kernel makes of a backlog. */
	static int backlogInForce(int backlog) {
		try {
			// Not readString: of a file of size 0 it reads one byte first, and here only
			// the first read gets anything.
			return Math.min(backlog, Integer.parseInt(String.join("", Files.readAllLines(SOMAXCONN))));
		}
		catch (IOException | NumberFormatException ex) {
			return backlog;
		}
	}

	/** Starts the acceptor. */
	void startAccepting(Runnable loop) {
		Thread acceptor = Thread.ofVirtual().name("echo-acceptor").unstarted(loop);
		this.acceptor = acceptor;
		acceptor.start();
	}

	/**
	 * Accepts the next client, for the acceptor alone.
	 * @throws SocketException if a drain or a stop has closed the port
	 */
	@Override
	public Socket accept() throws IOException {
		while (acquirePermit()) {
			EchoSocket accepted = tryAccept();
			if (accepted != null) {
				return accepted;
			}
		}
		if (this.phase == Phase.STOPPED) {
			turnAway();
		}
		super.close();
		throw new SocketException("Closed: " + this.phase);
	}

	/** Waits for a permit; false if nobody is to be accepted any more. */
	private boolean acquirePermit() {
		while (this.phase != Phase.STOPPED && !this.emptied && this.queued > 0) {
			try {
				this.permits.acquire();
				return true;
			}
			catch (InterruptedException ex) {
				// A drain or a stop has begun. The one goes on to accept.
			}
		}
		return false;
	}

	/** Null, and without the permit, if nobody has been accepted. */
	private @Nullable EchoSocket tryAccept() throws IOException {
		boolean draining = this.phase == Phase.DRAINING;
		if (draining || this.failing) {
			// Only a look: after a failure nobody may come before this is ready again.
			Thread.currentThread().interrupt();
		}
		try {
			EchoSocket accepted = new EchoSocket(this, this.books);
			this.wouldWait = false;
			implAccept(accepted);
			this.failing = false;
			this.queued -= draining ? 1 : 0;
			accepted.accepted();
			this.open.add(accepted);
			if (this.phase != Phase.STOPPED) {
				return accepted;
			}
			// The stop may not have seen it.
			accepted.close();
			return null;
		}
		catch (IOException ex) {
			this.permits.release();
			if (isClosed()) {
				throw ex;
			}
			// By this thread's interrupt, be it of a look, of a drain or of a stop.
			this.failing = !this.wouldWait;
			this.emptied = this.wouldWait && draining;
			if (this.failing) {
				this.failures.add(ex);
			}
			return null;
		}
		finally {
			Thread.interrupted();
			if (this.failing) {
				LockSupport.parkNanos(PAUSE.toNanos());
			}
		}
	}

	/** Accepts who is still queued, without permits, and closes them. */
	private void turnAway() {
		try {
			for (; this.queued > 0; this.queued--) {
				Thread.currentThread().interrupt();
				Socket late = super.accept();
				this.books.accepted();
				this.books.ended(Outcome.ABORTED, 0);
				late.close();
				this.books.closed();
			}
		}
		catch (IOException ex) {
			// Nobody is queued, or no descriptor is left: the kernel resets the rest.
		}
	}

	/** From the acceptor it is the JDK's answer to an interrupt, and means nothing. */
	@Override
	public void close() throws IOException {
		if (Thread.currentThread() == this.acceptor) {
			this.wouldWait = true;
			return;
		}
		super.close();
	}

	/** To be called when the socket's descriptor is free; only the first call counts. */
	void closed(EchoSocket socket) {
		if (this.open.remove(socket)) {
			this.books.closed();
			this.permits.release();
		}
	}

	/** Accept who is queued, then close the port. */
	void drain() {
		advance(Phase.DRAINING);
	}

	/** Turn away who is queued, and close the port. */
	void stop() {
		advance(Phase.STOPPED);
	}

	private void advance(Phase next) {
		this.phase = next;
		Thread acceptor = this.acceptor;
		if (acceptor != null) {
			acceptor.interrupt();
		}
	}

	/** Waits until the acceptor has ended and nobody is connected; false if too long. */
	boolean awaitEnd(long deadline) throws InterruptedException {
		Thread acceptor = this.acceptor;
		if (acceptor != null && !acceptor.join(Duration.ofNanos(deadline - System.nanoTime()))) {
			return false;
		}
		boolean ended = this.permits.tryAcquire(this.limit, deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
		if (ended) {
			this.permits.release(this.limit);
		}
		return ended;
	}

	boolean isServing() {
		return this.phase == Phase.SERVING;
	}

	boolean isStopped() {
		return this.phase == Phase.STOPPED;
	}

	/** Whether the newest accept has failed. */
	boolean isFailing() {
		return this.failing;
	}

	/** Connections whose descriptors are not yet free. */
	Collection<EchoSocket> open() {
		return Collections.unmodifiableSet(this.open);
	}

	int limit() {
		return this.limit;
	}

	InetSocketAddress address() {
		return this.address;
	}

}
