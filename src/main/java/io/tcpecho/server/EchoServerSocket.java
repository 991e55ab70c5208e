package io.tcpecho.server;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;

import io.tcpecho.settings.EchoProperties;
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

	/** Of each connection; the kernel doubles it (socket(7)). */
	private static final int RECEIVE_BUFFER = 32 * 1024;

	/** From a failure of {@code accept(2)} to the next try. */
	private static final Duration PAUSE = Duration.ofMillis(100);

	private enum Phase {

		SERVING, DRAINING, STOPPED

	}

	private final OpenConnections open;

	private final Books books;

	private final AcceptFailures failures;

	private volatile Phase phase = Phase.SERVING;

	private volatile @Nullable Thread acceptor;

	/** Whether the newest accept has failed. */
	volatile boolean failing;

	/** As many as the kernel can have queued when a drain or a stop begins. */
	private long queued = Long.MAX_VALUE;

	/** Whether the newest accept would have waited. */
	private boolean wouldWait;

	EchoServerSocket(OpenConnections open, Books books, AcceptFailures failures) throws IOException {
		this.open = open;
		this.books = books;
		this.failures = failures;
	}

	/** Binds the port; if that fails, the socket is closed. */
	void bind(EchoProperties properties) throws IOException {
		this.queued = Backlog.of(properties.backlog()).inForce() + 1L;
		try {
			setReceiveBufferSize(RECEIVE_BUFFER);
			bind(properties.socketAddress(), properties.backlog());
		}
		catch (IOException | RuntimeException ex) {
			super.close();
			throw ex;
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
	 * @throws SocketException once a drain or a stop has closed the port
	 */
	@Override
	public Socket accept() throws IOException {
		while (acquirePermit()) {
			EchoSocket accepted = tryAccept();
			if (accepted != null) {
				return accepted;
			}
			this.open.release();
		}
		if (this.phase == Phase.STOPPED) {
			turnAway();
		}
		super.close();
		throw new SocketException("Closed: " + this.phase);
	}

	/** Waits for a permit; false if nobody is to be accepted any more. */
	private boolean acquirePermit() {
		while (this.phase != Phase.STOPPED && this.queued > 0) {
			try {
				this.open.acquire();
				return true;
			}
			catch (InterruptedException ex) {
				// A drain has begun, which goes on to accept, or a stop.
			}
		}
		return false;
	}

	/** Null if nobody has been accepted. */
	private @Nullable EchoSocket tryAccept() throws IOException {
		boolean draining = this.phase == Phase.DRAINING;
		if (draining || this.failing) {
			// Only a look. After a failure nobody may come before this is ready again.
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
			if (this.phase == Phase.STOPPED) {
				// It may have come too late to be cut.
				accepted.cut(Outcome.ABORTED);
			}
			return accepted;
		}
		catch (IOException ex) {
			if (isClosed()) {
				throw ex;
			}
			if (this.wouldWait && draining) {
				this.queued = 0;
			}
			// It would wait, or was interrupted while it did. Else it has failed.
			this.failing = !this.wouldWait;
			if (this.failing) {
				this.failures.add(ex);
				Thread.interrupted();
				pause();
			}
			return null;
		}
		finally {
			Thread.interrupted();
		}
	}

	private static void pause() {
		try {
			// A timer, which matters only on the way of a connection.
			Thread.sleep(PAUSE);
		}
		catch (InterruptedException ex) {
			// By a drain or a stop.
		}
	}

	/** Accepts who is still queued, without permits, and closes them. */
	private void turnAway() {
		try {
			for (; this.queued > 0; this.queued--) {
				Thread.currentThread().interrupt();
				try (Socket _ = super.accept()) {
					this.books.accepted();
					this.books.ended(Outcome.ABORTED, 0);
					this.books.closed();
				}
			}
		}
		catch (IOException ex) {
			// Nobody is queued, or no descriptor is left: the kernel resets the rest.
		}
	}

	/** On the acceptor it is how the JDK answers an interrupt: the port stays open. */
	@Override
	public void close() throws IOException {
		if (Thread.currentThread() == this.acceptor) {
			this.wouldWait = true;
		}
		else {
			super.close();
		}
	}

	/** Accepts who is queued, and closes the port. */
	void drain() {
		advance(Phase.DRAINING);
	}

	/** Turns away who is queued, closes the port, and cuts who is connected. */
	void stop() {
		advance(Phase.STOPPED);
		this.open.forEach(EchoSocket::abort);
	}

	private void advance(Phase next) {
		this.phase = next;
		Thread acceptor = this.acceptor;
		if (acceptor != null) {
			acceptor.interrupt();
		}
	}

	/** Waits until the port is closed and no connection open; false if too long. */
	boolean awaitEnd(Duration timeout) throws InterruptedException {
		long deadline = System.nanoTime() + timeout.toNanos();
		Thread acceptor = this.acceptor;
		if (acceptor != null && !acceptor.join(timeout)) {
			return false;
		}
		return this.open.awaitNone(deadline);
	}

	/** Closes the port and gives up who is connected, if a stop has not ended them. */
	void abandon() {
		this.open.abandon();
		try {
			super.close();
		}
		catch (IOException ex) {
			// The descriptor is free all the same: close(2).
		}
	}

	/** From {@link #bind} to a drain or a stop. */
	boolean isServing() {
		return isBound() && this.phase == Phase.SERVING;
	}

	boolean isStopped() {
		return this.phase == Phase.STOPPED;
	}

	OpenConnections open() {
		return this.open;
	}

}
