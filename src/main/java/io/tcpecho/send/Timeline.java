package io.tcpecho.send;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What ended when, in memory that does not grow with the run: in intervals of 100 ms at
 * first, of which neighbours are joined when there are too many. All times are in
 * nanoseconds since the start. Not thread-safe.
 */
final class Timeline {

	/** Half as many after they have been joined. */
	static final int MOST_INTERVALS = 1200;

	/** A service that tells another name each time must not fill the memory. */
	private static final int MOST_INSTANCES = 1000;

	private long last;

	private long width = Duration.ofMillis(100).toNanos();

	private final List<Interval> intervals = new ArrayList<>();

	/** From 1: 0 is for who does not tell. */
	private final Map<Instance, Integer> instances = new LinkedHashMap<>();

	void add(Exchange exchange, boolean asExpected, long now) {
		Interval interval = at(now);
		if (asExpected) {
			interval.expected(index(exchange.instance()), exchange.nanoseconds());
		}
		else {
			interval.failures.merge(exchange.ending(), 1, Integer::sum);
		}
	}

	/**
	 * Nothing more ends, and there may have been nothing for a while. What is left of an
	 * interval then is too short for a rate: the one before is longer by it.
	 */
	void end(long now) {
		at(now);
		int size = this.intervals.size();
		if (size > 1 && this.last - (size - 1) * this.width < this.width / 2) {
			this.intervals.get(size - 2).join(this.intervals.removeLast());
		}
	}

	private Interval at(long time) {
		this.last = Math.max(this.last, time);
		while (time / this.width >= MOST_INTERVALS) {
			join();
		}
		int index = (int) (time / this.width);
		while (this.intervals.size() <= index) {
			this.intervals.add(new Interval());
		}
		return this.intervals.get(index);
	}

	/** Each with the one that then follows it. */
	private void join() {
		for (int i = 1; i < this.intervals.size(); i++) {
			this.intervals.get(i - 1).join(this.intervals.remove(i));
		}
		this.width *= 2;
	}

	/** Those that there is no place for have the last. */
	private int index(@Nullable Instance instance) {
		if (instance == null) {
			return 0;
		}
		Integer known = this.instances.get(instance);
		if (known == null) {
			known = this.instances.size() + 1;
			if (known <= MOST_INSTANCES) {
				this.instances.put(instance, known);
			}
		}
		return known;
	}

	/** When the last exchange ended, or all of it. */
	long last() {
		return this.last;
	}

	/** Of each interval. */
	long width() {
		return this.width;
	}

	List<Interval> intervals() {
		return this.intervals;
	}

	/** With their indices, in the order in which they were first seen. */
	Map<Instance, Integer> instances() {
		return this.instances;
	}

	/**
	 * What ended in it.
	 */
	static final class Interval {

		private int[] expected = new int[1];

		private final Map<Ending, Integer> failures = new EnumMap<>(Ending.class);

		/** Of those as expected. */
		private final LongSummaryStatistics times = new LongSummaryStatistics();

		/** The same, to a sixteenth; what is told of it is the middle of that. */
		private final Histogram histogram = new Histogram(1);

		private void expected(int instance, long nanoseconds) {
			grow(instance + 1);
			this.expected[instance]++;
			this.times.accept(nanoseconds);
			this.histogram.recordValue(nanoseconds);
		}

		private void grow(int length) {
			if (this.expected.length < length) {
				this.expected = Arrays.copyOf(this.expected, length);
			}
		}

		private void join(Interval next) {
			grow(next.expected.length);
			Arrays.setAll(this.expected, (i) -> this.expected[i] + next.expected(i));
			next.failures.forEach((ending, count) -> this.failures.merge(ending, count, Integer::sum));
			this.times.combine(next.times);
			this.histogram.add(next.histogram);
		}

		/** How many were as expected, of an instance by its index. */
		int expected(int instance) {
			return (instance < this.expected.length) ? this.expected[instance] : 0;
		}

		int expected() {
			return (int) this.times.getCount();
		}

		int failures(Ending ending) {
			return this.failures.getOrDefault(ending, 0);
		}

		/** Within 5 %, or exactly of 0 and 100; null if nothing was as expected. */
		@Nullable Long percentile(double percent) {
			if (this.times.getCount() == 0) {
				return null;
			}
			if (percent == 0 || percent == 100) {
				return (percent == 0) ? this.times.getMin() : this.times.getMax();
			}
			long value = this.histogram.medianEquivalentValue(this.histogram.getValueAtPercentile(percent));
			return Math.clamp(value, this.times.getMin(), this.times.getMax());
		}

	}

}
