package io.tcpecho.server;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.tcpecho.settings.Addresses;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The sockets that are open, lingering ones included, and the permits that limit them:
 * one is acquired before a socket is accepted, and released when its descriptor is free.
 * Thread-safe.
 */
final class OpenConnections implements Iterable<EchoSocket> {

	private static final Log log = LogFactory.getLog(OpenConnections.class);

	private final int limit;

	private final Semaphore permits;

	private final Set<EchoSocket> sockets = ConcurrentHashMap.newKeySet();

	OpenConnections(int limit) {
		this.limit = limit;
		this.permits = new Semaphore(limit);
	}

	void acquire() throws InterruptedException {
		this.permits.acquire();
	}

	/** Releases a permit with which nobody was accepted. */
	void release() {
		this.permits.release();
	}

	/** With the permit that was acquired for it. */
	void add(EchoSocket socket) {
		this.sockets.add(socket);
	}

	/** Only the first call for a socket releases its permit, and is answered by true. */
	boolean remove(EchoSocket socket) {
		boolean removed = this.sockets.remove(socket);
		if (removed) {
			this.permits.release();
		}
		return removed;
	}

	boolean contains(EchoSocket socket) {
		return this.sockets.contains(socket);
	}

	/** Waits until none is open and no permit acquired; false if too long. */
	boolean awaitNone(long deadline) throws InterruptedException {
		boolean none = this.permits.tryAcquire(this.limit, deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
		this.permits.release(none ? this.limit : 0);
		return none;
	}

	/** Gives up those whom a stop has not ended, and names the oldest handler. */
	void abandon() {
		long now = System.nanoTime();
		List<EchoSocket> handled = this.sockets.stream().filter((socket) -> socket.handledFor(now) > 0).toList();
		handled.stream()
			.max(Comparator.comparingLong((socket) -> socket.handledFor(now)))
			.ifPresent((oldest) -> log
				.warn("Stopped, but for %s connections whose handlers run on, the oldest for %s since %s ms".formatted(
						handled.size(), Addresses.toString(oldest.client()),
						TimeUnit.NANOSECONDS.toMillis(oldest.handledFor(now)))));
		this.sockets.forEach(EchoSocket::finish);
	}

	/** For how many nanoseconds the oldest has had a handler; 0 if none has one. */
	long oldestExchange() {
		long now = System.nanoTime();
		return this.sockets.stream().mapToLong((socket) -> socket.handledFor(now)).reduce(0, Math::max);
	}

	@Override
	public Iterator<EchoSocket> iterator() {
		return this.sockets.iterator();
	}

	int count() {
		return this.sockets.size();
	}

	int limit() {
		return this.limit;
	}

}
