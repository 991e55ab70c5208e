package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
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

	private final Figures figures = new Figures();

	private void echoed(long now) {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, false, now);
	}

	private void echoedInTheWarmUp(long now) {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, true, now);
	}

	private void reset(String description, long now) {
		this.figures.add(new Exchange(Ending.RESET, null, description, new byte[0], 1, null, null), false, false, now);
	}

	private void answered(String instance, long now) {
		this.figures.add(
				new Exchange(Ending.ECHOED, null, "", new byte[0], 1, new Instance(instance, null, null, null), null),
				true, false, now);
	}

	@Test
	void theLongestGapIsKeptWithItsTime() {
		echoed(10);
		Instant after10 = this.figures.gapTo();
		reset("", 30);
		echoed(50);
		echoed(89);
		this.figures.end(100);
		assertThat(this.figures.gap()).isEqualTo(40);
		assertThat(this.figures.gapFrom()).isEqualTo(after10);
		assertThat(this.figures.gapTo()).isEqualTo(after10.plusNanos(40));
		assertThat(this.figures.lastAsExpected()).isEqualTo(89);
	}

	@Test
	void ofTwoGapsThatAreAlikeTheFirstIsKept() {
		Instant start = this.figures.gapFrom();
		echoed(40);
		echoed(80);
		assertThat(this.figures.gapFrom()).isEqualTo(start);
	}

	@ParameterizedTest
	@ValueSource(longs = { 10, 120 })
	void aGapMayLastToTheEnd(long last) {
		echoed(10);
		echoed(last);
		this.figures.end(200);
		assertThat(this.figures.gap()).isEqualTo(Math.max(last - 10, 200 - last));
	}

	@Test
	void aGapMayBeAllThereIs() {
		this.figures.end(100);
		assertThat(this.figures.gap()).isEqualTo(100);
	}

	/** To an exchange that was started before. */
	@Test
	void anEchoMayComeAfterTheEnd() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 150), true, false, 150);
		this.figures.end(100);
		assertThat(this.figures.gap()).isEqualTo(150);
		assertThat(this.figures.seconds()).isEqualTo(150 / 1e9);
	}

	/** Of one that begins there the whole does. */
	@Test
	void aGapThatEndsInTheWarmUpDoesNotCount() {
		echoedInTheWarmUp(50);
		assertThat(this.figures.gap()).isZero();
		echoed(90);
		assertThat(this.figures.gap()).isEqualTo(40);
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
		assertThat(this.figures.percentile(0)).isEqualTo("10.000");
		assertThat(this.figures.average()).isEqualTo("20.000");
		assertThat(this.figures.percentile(100)).isEqualTo("30.000");
	}

	@Test
	void withoutAnyTimeThereIsNoRate() {
		this.figures.end(100);
		assertThat(this.figures.rate()).isZero();
		assertThat(this.figures.average()).isNull();
		assertThat(this.figures.percentile(50)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "1, 1", "2, 2", "99, 99", "100, 99", "101, 100", "200, 198", "1000, 990" })
	void ninetyNineOfAHundredTakeNoLongerThanP99(int times, long p99) {
		IntStream.rangeClosed(1, times)
			.forEach((time) -> this.figures.add(SeriesTests.exchange(Ending.ECHOED, time * MILLISECOND), true, false,
					time));
		assertThat(this.figures.percentile(99)).isCloseTo(BigDecimal.valueOf(p99), withinPercentage(0.1));
	}

	@Test
	void aSingleTimeIsEachPercentile() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1_234_567_891), true, false, 100);
		assertThat(List.of(0, 50, 100)).map(this.figures::percentile).containsOnly(new BigDecimal("1234.567"));
	}

	@Test
	void takesTheLongestTimeThereIs() {
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 90_000_000_000_000L), true, false, 100);
		this.figures.add(SeriesTests.exchange(Ending.ECHOED, 1), true, false, 100);
		assertThat(this.figures.percentile(99)).isEqualTo("90000000.000");
		assertThat(this.figures.percentile(0)).isEqualTo("0.000");
	}

	@Test
	void instancesDoNotFillTheMemory() {
		IntStream.range(0, 5000).forEach((number) -> answered("echo-" + number, 100 + number));
		answered("echo-7", 9100);
		assertThat(this.figures.instances().sightings()).hasSize(1000);
		assertThat(this.figures.instances().others()).isEqualTo(4000);
		Tally.Sightings seen = this.figures.instances().sightings().get(new Instance("echo-7", null, null, null));
		assertThat(seen.count()).isEqualTo(2);
		assertThat(seen.last()).isEqualTo(seen.first().plusNanos(8993));
	}

	@Test
	void ofEachKindOfFailureTheFirstIsDescribed() {
		reset("first", 110);
		reset("second", 120);
		Tally.Sightings seen = this.figures.failures().sightings().get(Ending.RESET);
		assertThat(seen.description()).isEqualTo("first");
		assertThat(seen.count()).isEqualTo(2);
		assertThat(seen.last()).isEqualTo(seen.first().plusNanos(10));
	}

}
