package io.tcpecho.send;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Which exchange is next, and when there is none any more. Thread-safe: all lanes ask it.
 */
final class Schedule {

	private static final long LONGEST_WARM_UP = Duration.ofSeconds(1).toNanos();

	private final long start = System.nanoTime();

	private final int count;

	private final long duration;

	private int started;

	private long stopped = -1;

	/**
	 * @param count how many exchanges at most
	 * @param duration after which none is started, or null
	 */
	Schedule(int count, @Nullable Duration duration) {
		this.count = count;
		this.duration = (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
	}

	/** The number of the next exchange, from 1, or 0 if there is none any more. */
	synchronized int next() {
		long elapsed = System.nanoTime() - this.start;
		if (this.started < this.count && elapsed < this.duration) {
			return ++this.started;
		}
		if (this.stopped == -1) {
			this.stopped = Math.min(elapsed, this.duration);
		}
		return 0;
	}

	/** Whether {@link #next()} may have another, as far as the count goes. */
	synchronized boolean goesOn() {
		return this.started < this.count;
	}

	/**
	 * Whether an exchange that starts now is warm-up of a drill: in the first second, or
	 * tenth if that is sooner.
	 */
	boolean isWarmUp(int sequence) {
		return sequence <= this.count / 10
				&& System.nanoTime() - this.start < Math.min(LONGEST_WARM_UP, this.duration / 10);
	}

	/** How long until nothing more is started, in nanoseconds. */
	long left() {
		return this.duration - (System.nanoTime() - this.start);
	}

	long start() {
		return this.start;
	}

	/** When the first lane found nothing more to start, or now. */
	synchronized long end() {
		long elapsed = (this.stopped != -1) ? this.stopped : Math.min(System.nanoTime() - this.start, this.duration);
		return this.start + elapsed;
	}

}
