package io.tcpecho.server;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.SmartLifecycle;

/**
 * Lets a shutdown wait until the open connections have ended, or the drain timeout has.
 * Its phase is SmartLifecycle's default, the highest, so that it stops first. Actuator's
 * web server stops in lower ones, and answers until it is done.
 */
record Drain(EchoConnectionFactory factory) implements SmartLifecycle {

	private static final Log log = LogFactory.getLog(Drain.class);

	@Override
	public void start() {
		// The gateway has started what it drains.
	}

	/**
	 * Blocks, on purpose: a stop that answers later would be bound by
	 * {@code spring.lifecycle.timeout-per-shutdown-phase}.
	 */
	@Override
	public void stop() {
		long start = System.nanoTime();
		Map<Outcome, Long> before = this.factory.books.endedByOutcome();
		try {
			EchoServerSocket server = this.factory.server();
			server.drain();
			if (!server.awaitEnd(this.factory.properties.drainTimeout())) {
				this.factory.stop();
			}
		}
		catch (InterruptedException ex) {
			this.factory.stop();
			Thread.currentThread().interrupt();
		}
		long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		Map<Outcome, Long> after = this.factory.books.endedByOutcome();
		String ended = after.entrySet()
			.stream()
			.map((entry) -> entry.getValue() - before.getOrDefault(entry.getKey(), 0L) + " " + entry.getKey())
			.collect(Collectors.joining(", "));
		log.info("Drained in %s ms: %s; since the start %s echoed".formatted(millis, ended, after.get(Outcome.ECHOED)));
	}

	@Override
	public boolean isRunning() {
		return this.factory.isRunning();
	}

}
