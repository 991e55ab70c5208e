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
 * An accepted socket: how far its connection has come, and who has cut it. It is its own
 * permit. One thread serves it, waits for its client without a timer, and calls
 * {@link #end}, {@link #leave} and {@link #finish}. The {@link Watcher} or a stop cut it:
 * the thread that serves it wakes up, and sees in {@link #cutBy} who has. Another thread
 * finishes it only if none serves it, or the one that does outlasts a stop.
 */
final class EchoSocket extends Socket {

	/** How far its connection has come. */
	enum Phase {

		/** The library makes it, and calls interceptors. */
		MAKE,

		/** It waits for its message. */
		RECEIVE,

		/** A handler has the message. */
		HANDLE,

		/** It waits until the client has taken its reply. */
		REPLY,

		/** It waits until the client closes. */
		LINGER,

		/** It is closed, and the library tells interceptors. */
		CLOSE

	}

	/** Who cuts it. */
	enum Cutter {

		/** The watcher: its phase has taken too long. */
		WATCHER,

		/** A stop, or whoever else closes its connection from another thread. */
		STOP

	}

	/** As long as it takes. */
	static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

	private final EchoServerSocket server;

	private final Books books;

	private long acceptedAt;

	private @Nullable InetSocketAddress client;

	/** Null until one serves it. */
	private volatile @Nullable Thread thread;

	/** Null until it is made. */
	volatile @Nullable EchoConnection connection;

	private Phase phase = Phase.MAKE;

	/** By {@link System#nanoTime()}. */
	private long phaseSince;

	/** Of the watcher, until it is cut. */
	private long beatsLeft = Long.MAX_VALUE;

	private @Nullable Cutter cutBy;

	private boolean ended;

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

	synchronized void servedBy(Thread thread) {
		this.thread = thread;
		this.phaseSince = System.nanoTime();
	}

	@Nullable Thread thread() {
		return this.thread;
	}

	InetSocketAddress client() {
		return Objects.requireNonNull(this.client);
	}

	/**
	 * Goes on to the next phase, and bounds it.
	 * @return when, by {@link System#nanoTime()}
	 * @throws SocketException if it has been cut
	 */
	synchronized long enter(Phase next, Duration timeout) throws SocketException {
		if (this.cutBy != null) {
			throw new SocketException("Cut by " + this.cutBy);
		}
		this.phase = next;
		this.phaseSince = System.nanoTime();
		this.beatsLeft = Watcher.beats(timeout);
		return this.phaseSince;
	}

	synchronized Phase phase() {
		return this.phase;
	}

	/**
	 * For how many nanoseconds others have it, a handler or interceptors, for whom there
	 * is no bound; 0 if they have not.
	 */
	synchronized long handledFor(long now) {
		return switch (this.phase) {
			case MAKE -> (this.thread == null) ? 0 : now - this.phaseSince;
			case HANDLE, CLOSE -> now - this.phaseSince;
			case RECEIVE, REPLY, LINGER -> 0;
		};
	}

	/** Counts a beat of the watcher, and says whether it has cut it with this one. */
	synchronized boolean beat() {
		this.beatsLeft--;
		if (this.beatsLeft != 0 || this.cutBy != null) {
			return false;
		}
		cut(Cutter.WATCHER);
		return true;
	}

	/**
	 * Closes it under the thread that serves it, which wakes up. The first call decides
	 * by whom.
	 */
	synchronized void cut(Cutter by) {
		if (this.cutBy == null) {
			this.cutBy = by;
			shut();
		}
	}

	/** Cuts it for a stop, and interrupts the handler that has its message. */
	void abort() {
		cut(Cutter.STOP);
		Thread thread = this.thread;
		if (thread != null) {
			thread.interrupt();
		}
	}

	synchronized @Nullable Cutter cutBy() {
		return this.cutBy;
	}

	/** Counts, and logs, how the exchange has ended. The first call decides. */
	void end(Outcome outcome) {
		synchronized (this) {
			if (this.ended) {
				return;
			}
			this.ended = true;
		}
		// Not with the lock: a meter's own could make the watcher wait for a carrier.
		long nanos = System.nanoTime() - this.acceptedAt;
		this.books.ended(outcome, nanos);
		ConnectionLog.ended(this, outcome, nanos);
	}

	/** Until {@link #finish()}, also if it has been cut. */
	boolean isOpen() {
		return this.server.open().contains(this);
	}

	/**
	 * Closes nothing, for only the JDK calls it: when a wait is interrupted, which the
	 * thread then learns by an exception, and when TLS has read to the end
	 * (SequenceInputStream closes what has ended) and may have an alert to send.
	 */
	@Override
	public void close() {
	}

	/**
	 * Frees the descriptor, once no thread waits on it. Who has sent a message and gets
	 * no whole reply is reset: of an end of stream it could not tell that it is none.
	 */
	synchronized void shut() {
		if (this.phase == Phase.HANDLE || this.phase == Phase.REPLY) {
			try {
				setSoLinger(true, 0);
			}
			catch (SocketException ex) {
				// It is closed, or its client has reset it.
			}
		}
		try {
			super.close();
		}
		catch (IOException ex) {
			// The descriptor is free all the same: close(2).
		}
	}

	/** Closes it, after its connection has run and before interceptors are told. */
	synchronized void leave() {
		shut();
		this.phase = Phase.CLOSE;
		this.phaseSince = System.nanoTime();
	}

	/**
	 * Gives back the permit: to be called by the thread that serves it, last, or for it
	 * if it has none or does not return from a stop. One that has not ended was never
	 * served, which is a fault unless it is for the stop.
	 */
	void finish() {
		shut();
		end((cutBy() == Cutter.STOP) ? Outcome.ABORTED : Outcome.ERROR);
		if (this.server.open().remove(this)) {
			this.books.closed();
		}
	}

}
