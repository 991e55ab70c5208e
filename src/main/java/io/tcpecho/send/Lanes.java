package io.tcpecho.send;

import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

/**
 * Keeps so many exchanges going until the schedule has no more.
 *
 * @param parallel how many
 * @param interval from the start of an exchange to that of the next on the same lane
 * @param drill whether there is a warm-up, and a pause after a failure
 */
record Lanes(Schedule schedule, Series series, EchoClient client, int parallel, Duration interval, boolean drill) {

	/** Where connections are refused, asking at once would only keep both ends busy. */
	static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(10);

	void run() throws InterruptedException {
		if (this.parallel == 1) {
			lane();
			return;
		}
		try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
			for (Future<?> lane : executor
				.invokeAll(Collections.nCopies(this.parallel, (Callable<@Nullable Void>) this::lane))) {
				lane.get();
			}
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex.getCause());
		}
	}

	private @Nullable Void lane() throws InterruptedException {
		for (int sequence = this.schedule.next(); sequence != 0; sequence = this.schedule.next()) {
			long start = System.nanoTime();
			boolean warmUp = this.drill && this.schedule.isWarmUp(sequence);
			boolean asExpected = this.series.add(this.client.exchange(), warmUp);
			if (this.schedule.goesOn()) {
				pause(start, asExpected);
			}
		}
		return null;
	}

	/** The pause that the user asked for, as in ping. */
	private void pause(long start, boolean asExpected) throws InterruptedException {
		long pause = this.interval.toNanos() - (System.nanoTime() - start);
		if (this.drill && !asExpected) {
			pause = Math.max(pause, PAUSE_AFTER_FAILURE.toNanos());
		}
		Thread.sleep(Duration.ofNanos(Math.min(pause, this.schedule.left())));
	}

}
