package io.tcpecho.send;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * All exchanges of a run, from the first to the summary: keeps so many going, each on a
 * lane of its own, for as many and as long as is asked for, judges each, and sums them up
 * once. A single exchange is one lane's. Thread-safe: all lanes ask it, and Ctrl-C
 * finishes it from a thread of its own.
 */
final class Series {

	/** Where connections are refused, asking at once would only keep both ends busy. */
	static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(10);

	private static final long LONGEST_WARM_UP = Duration.ofSeconds(1).toNanos();

	private final Supplier<Exchange> exchange;

	private final Report report;

	private final @Nullable Plot plot;

	private final Repetition repetition;

	private final long start = System.nanoTime();

	private final Figures figures = new Figures();

	private int started;

	/** When the first lane found nothing more to start. */
	private @Nullable Long end;

	private int asExpectedBefore;

	private ExitCode firstFailure = ExitCode.AS_EXPECTED;

	private boolean abandoned;

	private @Nullable ExitCode exitCode;

	/**
	 * @param plot what is written at the end, too
	 */
	Series(Supplier<Exchange> exchange, Report report, @Nullable Plot plot) {
		this.exchange = exchange;
		this.report = report;
		this.plot = plot;
		this.repetition = report.repetition();
	}

	/**
	 * Returns once there is nothing more to start, and all that was started has ended.
	 */
	void run() throws InterruptedException {
		if (this.repetition.parallel() == 1) {
			lane();
			return;
		}
		try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
			for (Future<?> lane : executor
				.invokeAll(Collections.nCopies(this.repetition.parallel(), (Callable<@Nullable Void>) this::lane))) {
				lane.get();
			}
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex.getCause());
		}
	}

	private @Nullable Void lane() throws InterruptedException {
		for (int sequence = next(); sequence != 0; sequence = next()) {
			long began = now();
			boolean warmUp = isWarmUp(sequence);
			pause(began, add(this.exchange.get(), warmUp));
		}
		return null;
	}

	/** The number of the next exchange, from 1, or 0 if there is none any more. */
	synchronized int next() {
		if (this.exitCode == null && this.end == null && !this.abandoned && this.started < this.repetition.count()
				&& now() < this.repetition.duration()) {
			return ++this.started;
		}
		this.end = end();
		return 0;
	}

	/** In the first second of a drill, or its first tenth if that is sooner. */
	boolean isWarmUp(int sequence) {
		return this.repetition.isDrill() && sequence <= this.repetition.count() / 10
				&& now() < Math.min(LONGEST_WARM_UP, this.repetition.duration() / 10);
	}

	/**
	 * Counts and reports an exchange that has just ended, unless all is summed up.
	 * @return whether it was as expected
	 */
	synchronized boolean add(Exchange exchange, boolean warmUp) {
		ExitCode verdict = this.report.expected().verdict(exchange.ending());
		boolean asExpected = verdict == ExitCode.AS_EXPECTED;
		if (this.exitCode == null) {
			long now = now();
			this.figures.add(exchange, asExpected, warmUp, now);
			if (this.plot != null) {
				this.plot.timeline().add(exchange, asExpected, now);
			}
			this.firstFailure = (this.firstFailure == ExitCode.AS_EXPECTED) ? verdict : this.firstFailure;
			this.report.exchange(this.figures.ended(), exchange, verdict);
			// What has still to be sent would be for nobody. A drill prints at its end.
			this.abandoned = !this.repetition.isSingle() && !this.repetition.isDrill() && this.report.isAbandoned();
		}
		return asExpected;
	}

	/** What the user asked for, as in ping, unless there is nothing to wait for. */
	private void pause(long began, boolean asExpected) throws InterruptedException {
		long now = now();
		long pause = this.repetition.interval().toNanos() - (now - began);
		if (this.repetition.isDrill() && !asExpected) {
			pause = Math.max(pause, PAUSE_AFTER_FAILURE.toNanos());
		}
		synchronized (this) {
			pause = (this.started < this.repetition.count() && !this.abandoned) ? pause : 0;
		}
		Thread.sleep(Duration.ofNanos(Math.min(pause, this.repetition.duration() - now)));
	}

	/**
	 * Reports the summary, the first time.
	 * @param interrupted whether there may be exchanges under way: they are neither
	 * echoed nor lost
	 */
	synchronized ExitCode finish(boolean interrupted) {
		if (this.exitCode == null) {
			this.figures.end(end());
			if (interrupted) {
				this.figures.leave(this.started - this.figures.ended());
			}
			List<String> missed = this.repetition.missed(this.figures.ended(), this.figures.asExpected(),
					this.figures.gap());
			this.exitCode = verdict(!missed.isEmpty());
			this.report.summary(this.figures, this.exitCode, missed, interrupted);
			if (this.plot != null && !this.report.plot(this.plot, this.figures, this.exitCode, missed, interrupted)) {
				this.exitCode = ExitCode.FAULT;
			}
		}
		return this.exitCode;
	}

	/**
	 * On the limits; on the first exchange that was not as expected where there are no
	 * limits, or none was as expected. Where none has ended, all is not well.
	 */
	private ExitCode verdict(boolean missed) {
		if (this.figures.ended() == 0) {
			return missed ? ExitCode.MISSED : ExitCode.TIMEOUT;
		}
		if (this.figures.asExpected() == 0 || !this.repetition.hasLimits()) {
			return this.firstFailure;
		}
		return missed ? ExitCode.MISSED : ExitCode.AS_EXPECTED;
	}

	/** When the first lane found nothing more to start, or now. */
	private long end() {
		return (this.end != null) ? this.end : Math.min(now(), this.repetition.duration());
	}

	/** Whether it ended early, because nobody reads what it prints. */
	synchronized boolean isAbandoned() {
		return this.abandoned;
	}

	/** In nanoseconds since the start. */
	private long now() {
		return System.nanoTime() - this.start;
	}

	/** How it has gone since this was asked for last. */
	synchronized String progress() {
		int before = this.asExpectedBefore;
		this.asExpectedBefore = this.figures.asExpected();
		return String.format(Locale.ROOT, "%d/s, %d lost, %.1f s without %s", this.asExpectedBefore - before,
				this.figures.lost(), (now() - this.figures.lastAsExpected()) / 1e9, this.report.expected().noun());
	}

}
