package io.tcpecho.send;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LongSummaryStatistics;
import java.util.Map;

import org.HdrHistogram.Histogram;

/**
 * What a series of exchanges comes to, in memory that does not grow with them. All that
 * it is told is in {@link System#nanoTime()}. Not thread-safe.
 */
final class Figures {

	/** A service that tells another name each time must not fill the memory. */
	private static final int MOST_INSTANCES = 1000;

	private final long start;

	private final Instant startInstant = Instant.now();

	private int sent;

	private int echoed;

	private int lost;

	private int warmUp;

	/** When the first exchange that is no warm-up began, and when nothing more did. */
	private long measuredFrom;

	private long end;

	/** Of those as expected, without the warm-up. */
	private final LongSummaryStatistics times = new LongSummaryStatistics();

	/** The same, to a microsecond, or three digits of what is longer. */
	private final Histogram histogram = new Histogram(1_000, 10_000_000, 3);

	private long lastAsExpected;

	private long gapFrom;

	private long gapTo;

	private final Map<Ending, Sightings> failures = new LinkedHashMap<>();

	private final Map<Instance, Sightings> instances = new LinkedHashMap<>();

	private int otherInstances;

	/**
	 * How often something was seen, and when first and last.
	 *
	 * @param description of the first
	 */
	record Sightings(int count, Instant first, Instant last, String description) {

		private Sightings and(Sightings next) {
			return new Sightings(this.count + next.count, this.first, next.last, this.description);
		}

	}

	/**
	 * @param start of the first exchange, now
	 */
	Figures(long start) {
		this.start = start;
		this.measuredFrom = start;
		this.lastAsExpected = start;
		this.gapFrom = start;
		this.gapTo = start;
		this.histogram.setAutoResize(true);
	}

	/**
	 * @param isWarmUp whether its time does not count, nor a gap that it ends. A gap that
	 * only began in the warm-up does, and as a whole.
	 * @param now when it ended
	 */
	void add(Exchange exchange, boolean asExpected, boolean isWarmUp, long now) {
		this.sent++;
		if (isWarmUp) {
			this.warmUp++;
		}
		else if (this.sent == this.warmUp + 1) {
			this.measuredFrom = now - exchange.nanoseconds();
		}
		if (exchange.ending().exitCode() == ExitCode.AS_EXPECTED) {
			this.echoed++;
		}
		Sightings seen = new Sightings(1, at(now), at(now), exchange.description());
		if (!asExpected) {
			this.lost++;
			this.failures.merge(exchange.ending(), seen, Sightings::and);
			return;
		}
		if (!isWarmUp) {
			endGap(now);
			this.times.accept(exchange.nanoseconds());
			this.histogram.recordValue(exchange.nanoseconds());
		}
		this.lastAsExpected = now;
		if (exchange.instance() != null) {
			answered(exchange.instance(), seen);
		}
	}

	private void answered(Instance instance, Sightings seen) {
		if (this.instances.size() < MOST_INSTANCES || this.instances.containsKey(instance)) {
			this.instances.merge(instance, seen, Sightings::and);
		}
		else {
			this.otherInstances++;
		}
	}

	private void endGap(long now) {
		if (now - this.lastAsExpected > gap()) {
			this.gapFrom = this.lastAsExpected;
			this.gapTo = now;
		}
	}

	/**
	 * Nothing more is started, and what hangs is not waited for by any client to come.
	 */
	void end(long now) {
		this.end = Math.max(now, this.lastAsExpected);
		endGap(this.end);
	}

	/** Exchanges that ended. */
	int sent() {
		return this.sent;
	}

	/** Those with the reply that they must have. */
	int echoed() {
		return this.echoed;
	}

	/** Those that did not end as expected. */
	int lost() {
		return this.lost;
	}

	int asExpected() {
		return this.sent - this.lost;
	}

	/** How many of those sent are in no time and no rate. */
	int warmUp() {
		return this.warmUp;
	}

	LongSummaryStatistics times() {
		return this.times;
	}

	/** The shortest time that so many percent do not exceed. */
	long percentile(double percent) {
		return Math.clamp(this.histogram.getValueAtPercentile(percent), this.times.getMin(), this.times.getMax());
	}

	/** That the rate is of. */
	double seconds() {
		return (this.end - this.measuredFrom) / 1e9;
	}

	/** Exchanges as expected, for each second. */
	double rate() {
		return (seconds() > 0) ? this.times.getCount() / seconds() : 0;
	}

	/** When the last exchange ended as expected, or the start. */
	long lastAsExpected() {
		return this.lastAsExpected;
	}

	/**
	 * The longest time in which no exchange ended as expected, whichever lane it was on:
	 * the length of an outage as clients saw it.
	 */
	long gap() {
		return this.gapTo - this.gapFrom;
	}

	Instant gapFrom() {
		return at(this.gapFrom);
	}

	Instant gapTo() {
		return at(this.gapTo);
	}

	/** How exchanges failed, in the order in which that was first seen. */
	Map<Ending, Sightings> failures() {
		return this.failures;
	}

	/** Who answered, likewise. */
	Map<Instance, Sightings> instances() {
		return this.instances;
	}

	/** Answers of instances that there is no place for. */
	int otherInstances() {
		return this.otherInstances;
	}

	/** The time of day. */
	private Instant at(long time) {
		return this.startInstant.plusNanos(time - this.start);
	}

}
