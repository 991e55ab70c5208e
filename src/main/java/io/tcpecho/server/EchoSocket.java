package io.tcpecho.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import java.time.Duration;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * An accepted socket, which is its own permit: {@link #finish()} frees the descriptor,
 * gives back the permit and closes the books, once, whoever calls it.
 * <p>
 * One thread serves it, and waits for its client without a timer. Any other, the
 * {@link Watcher} or a stop, only {@linkplain #cut cuts} it: the thread that serves it
 * wakes up, finds {@linkplain #cutAs() as what}, and finishes it.
 */
final class EchoSocket extends Socket {

	private final EchoServerSocket server;

	private final Books books;

	private long acceptedAt;

	private @Nullable InetSocketAddress client;

	/** Null until one serves it. */
	private volatile @Nullable Thread thread;

	/** Of the wait under way, by {@link System#nanoTime()}. */
	private long deadline;

	/** As what it is cut then; null while nothing is awaited. */
	private @Nullable Outcome overdueAs;

	private @Nullable Outcome cutAs;

	private @Nullable Outcome outcome;

	/** By {@link System#nanoTime()}; 0 unless a handler has the message. */
	private volatile long handledSince;

	EchoSocket(EchoServerSocket server, Books books) throws SocketException {
		// Without an implementation, for ServerSocket.implAccept to set it.
		super((SocketImpl) null);
		this.server = server;
		this.books = books;
	}

	/** To be called when it is connected. */
	void accepted() {
		this.acceptedAt = System.nanoTime();
		// While it is open: of a closed one the port is not told.
		this.client = new InetSocketAddress(getInetAddress(), getPort());
		this.books.accepted();
	}

	void servedBy(Thread thread) {
		this.thread = thread;
	}

	@Nullable Thread thread() {
		return this.thread;
	}

	InetSocketAddress client() {
		return Objects.requireNonNull(this.client);
	}

	/**
	 * Bounds the next wait.
	 * @param overdueAs as what it is cut when it takes longer
	 * @throws SocketException if it has been cut
	 */
	synchronized void await(Duration timeout, Outcome overdueAs) throws SocketException {
		proceed();
		this.overdueAs = overdueAs;
		this.deadline = System.nanoTime() + timeout.toNanos();
	}

	/**
	 * Ends the bound: what was awaited has come.
	 * @throws SocketException if it has come too late, and the socket is cut
	 */
	synchronized void proceed() throws SocketException {
		if (this.cutAs != null) {
			throw new SocketException("Cut: " + this.cutAs);
		}
		this.overdueAs = null;
	}

	/** Cuts it, if it is overdue, and says whether it was. */
	synchronized boolean expire(long now) {
		if (this.overdueAs == null || now - this.deadline < 0) {
			return false;
		}
		cut(this.overdueAs);
		return true;
	}

	/**
	 * Closes it under the thread that serves it, which wakes up. The descriptor is free
	 * once that has happened, and then the thread calls {@link #finish()}.
	 * @param as what the exchange is counted, if it has not ended
	 */
	synchronized void cut(Outcome as) {
		if (this.cutAs != null) {
			return;
		}
		this.cutAs = as;
		try {
			if (this.overdueAs == Outcome.RESET) {
				// A reply is half written, and FIN would say that it is whole.
				setSoLinger(true, 0);
			}
			super.close();
		}
		catch (IOException ex) {
			// The descriptor is free all the same: close(2).
		}
		this.overdueAs = null;
	}

	/** Cuts it for a stop, and interrupts the handler that has its message. */
	void abort() {
		cut(Outcome.ABORTED);
		Thread thread = this.thread;
		if (thread != null) {
			thread.interrupt();
		}
	}

	/** Null unless it has been cut. */
	synchronized @Nullable Outcome cutAs() {
		return this.cutAs;
	}

	/** Counts how the exchange has ended. The first call decides. */
	boolean end(Outcome outcome) {
		synchronized (this) {
			if (this.outcome != null) {
				return false;
			}
			this.outcome = outcome;
		}
		// Not with the lock: a meter's own could make the watcher wait for a carrier.
		this.books.ended(outcome, System.nanoTime() - this.acceptedAt);
		return true;
	}

	long acceptedAt() {
		return this.acceptedAt;
	}

	/** A handler has the message, for as long as it takes. */
	void handling(long now) throws SocketException {
		proceed();
		this.handledSince = now;
	}

	/** An interrupt that a handler leaves behind would cut what waits after it. */
	void handled() {
		this.handledSince = 0;
		Thread.interrupted();
	}

	/** For how many nanoseconds a handler has had the message; 0 if none has it. */
	long handledFor(long now) {
		long since = this.handledSince;
		return (since == 0) ? 0 : now - since;
	}

	/** Until {@link #finish()}, also if it has been cut. */
	boolean isOpen() {
		return this.server.open().contains(this);
	}

	/**
	 * By another thread it cuts. By the one that serves it, it is how the JDK answers an
	 * interrupt; or TLS has read to the end (SequenceInputStream closes what has ended),
	 * which closes nothing: an alert may have to follow.
	 */
	@Override
	public void close() {
		Thread current = Thread.currentThread();
		if (current != this.thread) {
			cut(Outcome.ABORTED);
			if (this.thread == null) {
				finish();
			}
		}
		else if (current.isInterrupted()) {
			cut(this.server.isStopped() ? Outcome.ABORTED : Outcome.ERROR);
		}
	}

	/**
	 * Ends it: to be called by the thread that serves it, or for it where there is none
	 * or its handler does not return from a stop.
	 */
	void finish() {
		end(Objects.requireNonNullElse(cutAs(), Outcome.ERROR));
		try {
			super.close();
		}
		catch (IOException ex) {
			// The descriptor is free all the same: close(2).
		}
		if (this.server.open().remove(this)) {
			this.books.closed();
		}
	}

}
