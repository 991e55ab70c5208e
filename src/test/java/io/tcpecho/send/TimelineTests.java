package io.tcpecho.send;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

/**
 * What becomes of known exchanges, before and after intervals are joined.
 */
class TimelineTests {

	private static final long MILLISECOND = 1_000_000;

	private final Timeline timeline = new Timeline();

	private final Instance one = new Instance("one", null, null, null);

	private final Instance two = new Instance("two", null, null, null);

	/** Of a drill of so many seconds. */
	@ParameterizedTest
	@ValueSource(longs = { 1, 119, 121, 3600, 86_400 })
	void eachIntervalHasWhatEndedInIt(long seconds) {
		Random random = new Random(33);
		TreeMap<Long, Exchange> exchanges = new TreeMap<>();
		for (int i = 0; i < 50_000; i++) {
			long nanoseconds = (long) Math.exp(8 + 12 * random.nextDouble());
			Instance instance = List.of(this.one, this.two).get(random.nextInt(2));
			exchanges.put((long) (random.nextDouble() * seconds * 1000 * MILLISECOND),
					(random.nextInt(10) == 0) ? SeriesTests.exchange(Ending.RESET, nanoseconds)
							: new Exchange(Ending.ECHOED, null, "", new byte[0], nanoseconds, instance, null));
		}
		exchanges.forEach((now, exchange) -> this.timeline.add(exchange, exchange.ending() == Ending.ECHOED, now));
		this.timeline.end(seconds * 1000 * MILLISECOND);
		List<Timeline.Interval> intervals = this.timeline.intervals();
		assertThat(intervals).hasSizeLessThanOrEqualTo(1200);
		assertThat(intervals.size()).isGreaterThanOrEqualTo((seconds >= 120) ? 600 : (int) (10 * seconds));
		for (int i = 0; i < intervals.size(); i++) {
			boolean last = i == intervals.size() - 1;
			compare(intervals.get(i),
					exchanges.subMap(i * this.timeline.width(), last ? Long.MAX_VALUE : (i + 1) * this.timeline.width())
						.values()
						.stream()
						.toList());
		}
	}

	private void compare(Timeline.Interval interval, List<Exchange> exchanges) {
		List<Exchange> echoed = exchanges.stream().filter((exchange) -> exchange.ending() == Ending.ECHOED).toList();
		assertThat(interval.expected()).isEqualTo(echoed.size());
		assertThat(interval.failures(Ending.RESET)).isEqualTo(exchanges.size() - echoed.size());
		assertThat(interval.failures(Ending.REFUSED)).isZero();
		for (Instance instance : this.timeline.instances().keySet()) {
			assertThat(interval.expected(this.timeline.instances().get(instance)))
				.isEqualTo((int) echoed.stream().filter((exchange) -> instance.equals(exchange.instance())).count());
		}
		long[] times = echoed.stream().mapToLong(Exchange::nanoseconds).sorted().toArray();
		if (times.length == 0) {
			assertThat(interval.percentile(0)).isNull();
			assertThat(interval.percentile(99)).isNull();
			return;
		}
		assertThat(interval.percentile(0)).isEqualTo(times[0]);
		assertThat(interval.percentile(100)).isEqualTo(times[times.length - 1]);
		for (double percent : new double[] { 50, 99 }) {
			long exact = times[(int) Math.ceil(times.length * percent / 100) - 1];
			assertThat(interval.percentile(percent)).isCloseTo(exact, withinPercentage(5));
		}
	}

	/** Which would be a rate of nothing, or of far too much. */
	@Test
	void whatIsLeftOfAnIntervalBelongsToTheOneBefore() {
		this.timeline.add(SeriesTests.ECHOED, true, 50 * MILLISECOND);
		this.timeline.add(SeriesTests.ECHOED, true, 101 * MILLISECOND);
		this.timeline.end(102 * MILLISECOND);
		assertThat(this.timeline.intervals()).singleElement()
			.satisfies((interval) -> assertThat(interval.expected()).isEqualTo(2));
		assertThat(this.timeline.last()).isEqualTo(102 * MILLISECOND);
	}

	@Test
	void anOutageMayLastToTheEnd() {
		this.timeline.add(SeriesTests.ECHOED, true, 0);
		this.timeline.end(10_000 * MILLISECOND);
		assertThat(this.timeline.intervals()).hasSize(100);
	}

	@Test
	void instancesDoNotFillTheMemory() {
		for (int number = 0; number < 5000; number++) {
			this.timeline.add(new Exchange(Ending.ECHOED, null, "", new byte[0], 1,
					new Instance("echo-" + number, null, null, null), null), true, number);
		}
		assertThat(this.timeline.instances()).hasSize(1000);
		Timeline.Interval interval = this.timeline.intervals().getFirst();
		assertThat(interval.expected()).isEqualTo(5000);
		assertThat(interval.expected(1001)).isEqualTo(4000);
		assertThat(Arrays.asList(interval.expected(1), interval.expected(1000), interval.expected(0)))
			.containsExactly(1, 1, 0);
	}

}
