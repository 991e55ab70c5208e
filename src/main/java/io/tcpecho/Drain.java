package io.tcpecho;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.SmartLifecycle;

/**
 * Lets a shutdown wait until the open connections have ended, or the drain timeout has.
 * Its phase is the highest there is, so that it stops first and Actuator, whose web
 * server has the next ones, answers until it is done.
 */
final class Drain implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(Drain.class);

	private final EchoConnectionFactory server;

	private final Books books;

	private final Duration timeout;

	private volatile boolean running;

	Drain(EchoConnectionFactory server, Books books, Duration timeout) {
		this.server = server;
		this.books = books;
		this.timeout = timeout;
	}

	@Override
	public void start() {
		this.running = true;
	}

	/**
	 * Blocks, on purpose: a stop that answers later would be bound by
	 * {@code spring.lifecycle.timeout-per-shutdown-phase}.
	 */
	@Override
	public void stop() {
		this.running = false;
		if (!this.server.isRunning()) {
			return;
		}
		long start = System.nanoTime();
		long[] before = counts();
		try {
			if (!this.server.drain(this.timeout)) {
				this.server.stop();
			}
		}
		catch (InterruptedException ex) {
			this.server.stop();
			Thread.currentThread().interrupt();
		}
		long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		long[] after = counts();
		Outcome[] outcomes = Outcome.values();
		logger.info("Drained in %d ms: %s".formatted(millis,
				IntStream.range(0, outcomes.length)
					.mapToObj((i) -> (after[i] - before[i]) + " " + outcomes[i])
					.collect(Collectors.joining(", "))));
	}

	private long[] counts() {
		return Arrays.stream(Outcome.values()).mapToLong(this.books::ended).toArray();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

}
