package io.tcpecho.server;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;

import io.tcpecho.settings.EchoProperties;
import org.jspecify.annotations.Nullable;

/**
 * Listens on the port. It takes a permit before it accepts, goes on after a failure, and
 * in a drain closes once its queue is empty. A virtual thread of its own, the acceptor,
 * asks for one client after another.
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

	private final Failures failures;

	private volatile Phase phase = Phase.SERVING;

	private volatile @Nullable Thread acceptor;

	/** Why the newest accept has failed; null if it has not. */
	volatile @Nullable IOException failure;

	/** As many as the kernel can have queued when a drain begins. */
	private long queued = Long.MAX_VALUE;

	/** Whether an interrupt has ended the newest accept. */
	private boolean interrupted;

	EchoServerSocket(OpenConnections open, Books books, Failures failures) throws IOException {
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
			closePort();
			throw ex;
		}
	}

	void startAccepting(Runnable loop) {
		Thread acceptor = Thread.ofVirtual().name("echo-acceptor").unstarted(loop);
		this.acceptor = acceptor;
		acceptor.start();
	}

	/**
	 * Waits for the next client, for the acceptor alone.
	 * @return null once a drain or a stop has closed the port
	 * @throws IOException if something else has
	 */
	@Nullable EchoSocket next() throws IOException {
		while (acquirePermit()) {
			EchoSocket socket = new EchoSocket(this, this.books);
			boolean opened = false;
			try {
				if (accept(socket)) {
					open(socket);
					opened = true;
					return socket;
				}
			}
			finally {
				if (!opened) {
					this.open.release();
				}
			}
		}
		closePort();
		return null;
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

	private boolean accept(EchoSocket socket) throws IOException {
		boolean draining = this.phase == Phase.DRAINING;
		if (draining || this.failure != null) {
			// Only a look. After a failure nobody may come before this is ready again.
			Thread.currentThread().interrupt();
		}
		this.interrupted = false;
		try {
			implAccept(socket);
			this.failure = null;
			this.queued -= draining ? 1 : 0;
			return true;
		}
		catch (IOException ex) {
			if (isClosed()) {
				throw ex;
			}
			// It would wait, or was interrupted while it did. Else it has failed.
			this.failure = this.interrupted ? null : ex;
			if (!this.interrupted) {
				failed(ex);
			}
			else if (draining) {
				this.queued = 0;
			}
			return false;
		}
		finally {
			Thread.interrupted();
		}
	}

	private void failed(IOException failure) {
		this.books.acceptFailed();
		this.failures.accept(failure);
		Thread.interrupted();
		try {
			// Else what goes on failing would make it spin. The timer delays no exchange.
			Thread.sleep(PAUSE);
		}
		catch (InterruptedException ex) {
			// By a drain or a stop.
		}
	}

	private void open(EchoSocket socket) {
		try {
			socket.accepted();
			this.open.add(socket);
		}
		catch (Throwable ex) {
			// Nobody else knows of it.
			socket.shut();
			throw ex;
		}
		if (this.phase == Phase.STOPPED) {
			// It may have come too late to be cut.
			socket.cut(EchoSocket.Cutter.STOP);
		}
	}

	/** On the acceptor it is how the JDK answers an interrupt: the port stays open. */
	@Override
	public void close() throws IOException {
		if (Thread.currentThread() == this.acceptor) {
			this.interrupted = true;
		}
		else {
			super.close();
		}
	}

	/** Accepts who is queued, and closes the port. */
	void drain() {
		advance(Phase.DRAINING);
	}

	/** Closes the port, which resets who is queued, and cuts who is connected. */
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
		closePort();
	}

	void closePort() {
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

	OpenConnections open() {
		return this.open;
	}

}
