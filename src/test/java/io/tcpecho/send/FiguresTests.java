package io.tcpecho.send;

import java.time.Instant;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

/**
 * What a summary is made from.
 */
class FiguresTests {

	private static final long MILLISECOND = 1_000_000;

	private final Figures figures = new Figures(100);

	private void echoed(long now) {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, false, now);
	}

	private void echoedInTheWarmUp(long now) {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, true, now);
	}

	private void reset(String description, long now) {
		this.figures.add(new Exchange(Ending.RESET, null, description, new byte[0], 1, null), false, false, now);
	}

	private void answered(String instance, long now) {
		this.figures.add(
				new Exchange(Ending.ECHOED, null, "", new byte[0], 1, new Instance(instance, null, null, null)), true,
				false, now);
	}

	@Test
	void theLongestGapIsKeptWithItsTime() {
		echoed(110);
		Instant after10 = this.figures.gapTo();
		reset("", 130);
		echoed(150);
		echoed(189);
		this.figures.end(200);
		assertThat(this.figures.gap()).isEqualTo(40);
		assertThat(this.figures.gapFrom()).isEqualTo(after10);
		assertThat(this.figures.gapTo()).isEqualTo(after10.plusNanos(40));
		assertThat(this.figures.lastAsExpected()).isEqualTo(189);
	}

	@Test
	void ofTwoGapsThatAreAlikeTheFirstIsKept() {
		Instant start = this.figures.gapFrom();
		echoed(140);
		echoed(180);
		assertThat(this.figures.gapFrom()).isEqualTo(start);
	}

	@ParameterizedTest
	@ValueSource(longs = { 110, 220 })
	void aGapMayLastToTheEnd(long last) {
		echoed(110);
		echoed(last);
		this.figures.end(300);
		assertThat(this.figures.gap()).isEqualTo(Math.max(last - 110, 300 - last));
	}

	@Test
	void aGapMayBeAllThereIs() {
		this.figures.end(200);
		assertThat(this.figures.gap()).isEqualTo(100);
	}

	/** To an exchange that was started before. */
	@Test
	void anEchoMayComeAfterTheEnd() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 150), true, false, 250);
		this.figures.end(200);
		assertThat(this.figures.gap()).isEqualTo(150);
		assertThat(this.figures.seconds()).isEqualTo(150 / 1e9);
	}

	/** Of one that begins there the whole does. */
	@Test
	void aGapThatEndsInTheWarmUpDoesNotCount() {
		echoedInTheWarmUp(150);
		assertThat(this.figures.gap()).isZero();
		echoed(190);
		assertThat(this.figures.gap()).isEqualTo(40);
	}

	/** {@link System#nanoTime()} has any origin. */
	@Test
	void aGapMayBeginBeforeZero() {
		Figures before = new Figures(-10);
		before.add(SeriesTests.exchange(Ending.ECHOED, 1), true, false, 5);
		assertThat(before.gap()).isEqualTo(15);
	}

	@Test
	void theRateIsOfWhatComesAfterTheWarmUp() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, MILLISECOND), true, true, 500 * MILLISECOND);
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 10 * MILLISECOND), true, false, 1010 * MILLISECOND);
		this.figures.add(SeriesTests.exchange(Ending.RESET, 10 * MILLISECOND), false, false, 1200 * MILLISECOND);
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 30 * MILLISECOND), true, false, 1300 * MILLISECOND);
		this.figures.end(1500 * MILLISECOND);
		assertThat(this.figures.warmUp()).isEqualTo(1);
		assertThat(this.figures.seconds()).isEqualTo(0.5);
		assertThat(this.figures.rate()).isEqualTo(4);
		assertThat(this.figures.times().getMin()).isEqualTo(10 * MILLISECOND);
		assertThat(this.figures.times().getAverage()).isEqualTo(20.0 * MILLISECOND);
		assertThat(this.figures.percentile(100)).isEqualTo(30 * MILLISECOND);
	}

	@Test
	void withoutAnyTimeThereIsNoRate() {
		this.figures.end(100);
		assertThat(this.figures.rate()).isZero();
	}

	@ParameterizedTest
	@CsvSource({ "1, 1", "2, 2", "99, 99", "100, 99", "101, 100", "200, 198", "1000, 990" })
	void ninetyNineOfAHundredTakeNoLongerThanP99(int times, long p99) {
		IntStream.rangeClosed(1, times)
			.forEach((time) -> this.figures.add(SeriesTests.exchange(Ending.ECHOED, time * MILLISECOND), true, false,
					time));
		assertThat(this.figures.percentile(99)).isCloseTo(p99 * MILLISECOND, withinPercentage(0.1));
	}

	@Test
	void aSingleTimeIsEachPercentile() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1_234_567_891), true, false, 100);
		assertThat(this.figures.percentile(50)).isEqualTo(1_234_567_891);
	}

	@Test
	void takesTheLongestTimeThereIs() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 90_000_000_000_000L), true, false, 100);
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, false, 100);
		assertThat(this.figures.percentile(99)).isEqualTo(90_000_000_000_000L);
		assertThat(this.figures.times().getMin()).isEqualTo(1);
	}

	@Test
	void instancesDoNotFillTheMemory() {
		IntStream.range(0, 5000).forEach((number) -> answered("echo-" + number, 100 + number));
		answered("echo-7", 9100);
		assertThat(this.figures.instances()).hasSize(1000);
		assertThat(this.figures.otherInstances()).isEqualTo(4000);
		Figures.Sightings seen = this.figures.instances().get(new Instance("echo-7", null, null, null));
		assertThat(seen.count()).isEqualTo(2);
		assertThat(seen.last()).isEqualTo(seen.first().plusNanos(8993));
	}

	@Test
	void ofEachKindOfFailureTheFirstIsDescribed() {
		reset("first", 110);
		reset("second", 120);
		Figures.Sightings seen = this.figures.failures().get(Ending.RESET);
		assertThat(seen.description()).isEqualTo("first");
		assertThat(seen.count()).isEqualTo(2);
		assertThat(seen.last()).isEqualTo(seen.first().plusNanos(10));
	}

}
