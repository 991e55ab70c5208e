package io.tcpecho.send;

import org.HdrHistogram.Histogram;

/**
 * How long exchanges took, in nanoseconds. However many there are, it takes the same few
 * hundred kilobytes at most. Not thread-safe.
 */
final class Times {

	/** To a microsecond, or three digits of what is longer. */
	private final Histogram histogram = new Histogram(1_000, 10_000_000, 3);

	private long count;

	private long sum;

	private long min = Long.MAX_VALUE;

	private long max;

	Times() {
		this.histogram.setAutoResize(true);
	}

	void add(long nanoseconds) {
		this.histogram.recordValue(nanoseconds);
		this.count++;
		this.sum += nanoseconds;
		this.min = Math.min(this.min, nanoseconds);
		this.max = Math.max(this.max, nanoseconds);
	}

	long count() {
		return this.count;
	}

	long min() {
		return this.min;
	}

	long average() {
		return Math.round((double) this.sum / this.count);
	}

	/** The shortest time that so many percent do not exceed. */
	long percentile(double percent) {
		return Math.clamp(this.histogram.getValueAtPercentile(percent), this.min, this.max);
	}

	long max() {
		return this.max;
	}

}
