package io.tcpecho.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Looks after what takes time, ten times a second, on a platform thread of its own: it
 * cuts connections that are overdue, and sees how long virtual threads wait for a
 * carrier. On a virtual thread, each timeout would be a timer, which costs more than the
 * exchange.
 */
final class Watcher {

	private static final Duration INTERVAL = Duration.ofMillis(100);

	/** From then on the service is not ready. */
	private static final Duration STARVED = Duration.ofSeconds(5);

	/** Cut at a time, so that many together do not hold up the others. */
	private static final int BATCH = 10;

	private static final Log log = LogFactory.getLog(Watcher.class);

	private final Runnable everySecond;

	private final Consumer<Throwable> died;

	private final Carriers carriers = new Carriers();

	private volatile CountDownLatch stopped = new CountDownLatch(1);

	/**
	 * The heartbeat: when a virtual thread was started that has not run yet, by
	 * {@link System#nanoTime()}; 0 if it has.
	 */
	private volatile long beatSince;

	private boolean saidStarved;

	/**
	 * @param everySecond is called on the watcher's thread
	 * @param died is told why there is no watcher any more
	 */
	Watcher(Runnable everySecond, Consumer<Throwable> died) {
		this.everySecond = everySecond;
		this.died = died;
	}

	void start(EchoServerSocket server) {
		CountDownLatch stopped = new CountDownLatch(1);
		this.stopped = stopped;
		this.carriers.start();
		Thread.ofPlatform().daemon().name("echo-watcher").start(() -> watch(server, stopped));
	}

	void stop() {
		this.stopped.countDown();
	}

	private void watch(EchoServerSocket server, CountDownLatch stopped) {
		try {
			for (int i = 1; !stopped.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS); i++) {
				beat();
				cutOverdue(server);
				if (i % 10 == 0) {
					this.everySecond.run();
				}
			}
		}
		catch (Throwable ex) {
			this.died.accept(ex);
		}
	}

	private void cutOverdue(EchoServerSocket server) throws InterruptedException {
		List<EchoSocket> batch = new ArrayList<>(BATCH);
		long now = System.nanoTime();
		for (EchoSocket socket : server.open()) {
			if (socket.expire(now)) {
				batch.add(socket);
			}
			if (batch.size() == BATCH) {
				awaitEnd(batch);
				batch.clear();
				// All of them together may take long, if carriers are held.
				beat();
			}
		}
	}

	/** Lets those run that were there before the next batch comes. */
	private static void awaitEnd(List<EchoSocket> batch) throws InterruptedException {
		long deadline = System.nanoTime() + INTERVAL.toNanos();
		for (EchoSocket socket : batch) {
			Thread thread = socket.thread();
			if (thread != null) {
				thread.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
			}
		}
	}

	private void beat() {
		Duration wait = waitForCarrier();
		this.carriers.adjust(wait);
		if (wait.isZero()) {
			this.beatSince = System.nanoTime();
			Thread.startVirtualThread(() -> this.beatSince = 0);
		}
		String starvation = starvation();
		if (starvation != null && !this.saidStarved) {
			log.warn("Not ready: " + starvation);
		}
		if (starvation == null && this.saidStarved) {
			log.info("Virtual threads run again");
		}
		this.saidStarved = starvation != null;
	}

	/** How long the heartbeat has waited for a carrier; zero once it has run. */
	private Duration waitForCarrier() {
		long since = this.beatSince;
		return (since == 0) ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
	}

	/** Says that nobody is served, because all carriers are held; null if some are. */
	@Nullable String starvation() {
		Duration wait = waitForCarrier();
		return (wait.compareTo(STARVED) < 0) ? null
				: "no virtual thread has run for %s ms, because handlers that compute hold the %s carriers"
					.formatted(wait.toMillis(), Carriers.count());
	}

}
