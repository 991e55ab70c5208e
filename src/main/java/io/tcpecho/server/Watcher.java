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

	/** From beat to beat. */
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

	/**
	 * How many beats a timeout is. They are counted, and not the time, because a beat
	 * counts only if virtual threads have run since the last: nobody is cut because the
	 * process, or its carriers, could not run.
	 */
	static long beats(Duration timeout) {
		// And the one that it begins in, and one in which who was held up may act.
		return Math.ceilDiv(timeout.toNanos(), INTERVAL.toNanos()) + 2;
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
				if (beat()) {
					cutOverdue(server);
				}
				if (i % 10 == 0) {
					this.everySecond.run();
				}
			}
		}
		catch (Throwable ex) {
			this.died.accept(ex);
		}
	}

	/** Counts a beat of all, or of those before ten that are cut and do not end. */
	static void cutOverdue(EchoServerSocket server) throws InterruptedException {
		List<EchoSocket> batch = new ArrayList<>(BATCH);
		for (EchoSocket socket : server.open()) {
			if (socket.beat()) {
				batch.add(socket);
			}
			if (batch.size() == BATCH) {
				if (!haveEnded(batch)) {
					// Carriers are held: no time for the others, either.
					return;
				}
				batch.clear();
			}
		}
	}

	/** Lets those run that were there before the next batch comes. */
	private static boolean haveEnded(List<EchoSocket> batch) throws InterruptedException {
		for (EchoSocket socket : batch) {
			Thread thread = socket.thread();
			if (thread != null && !thread.join(INTERVAL)) {
				return false;
			}
		}
		return true;
	}

	/** Whether virtual threads have run since the last. */
	private boolean beat() {
		boolean run = this.beatSince == 0;
		this.carriers.adjust(!run);
		if (run) {
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
		return run;
	}

	/** Says that nobody is served, because all carriers are held; null if some are. */
	@Nullable String starvation() {
		long since = this.beatSince;
		Duration wait = (since == 0) ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
		return (wait.compareTo(STARVED) < 0) ? null
				: "no virtual thread has run for %s ms: something holds the %s carriers".formatted(wait.toMillis(),
						Carriers.count());
	}

}
