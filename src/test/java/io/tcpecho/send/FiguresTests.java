package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a summary is made from.
 */
class FiguresTests {

	@Test
	void theLongestGapIsKeptWithItsTime() {
		Gap gap = new Gap(100);
		gap.end(110, true);
		gap.end(150, true);
		gap.end(189, true);
		gap.stop(200);
		assertThat(gap.from()).isEqualTo(110);
		assertThat(gap.to()).isEqualTo(150);
		assertThat(gap.nanoseconds()).isEqualTo(40);
	}

	@Test
	void ofTwoGapsThatAreAlikeTheFirstIsKept() {
		Gap gap = new Gap(100);
		gap.end(140, true);
		gap.end(180, true);
		assertThat(gap.from()).isEqualTo(100);
		assertThat(gap.last()).isEqualTo(180);
	}

	@Test
	void aGapMayLastToTheEnd() {
		Gap gap = new Gap(100);
		gap.end(110, true);
		gap.stop(200);
		assertThat(gap.from()).isEqualTo(110);
		assertThat(gap.to()).isEqualTo(200);
	}

	@Test
	void aGapMayBeAllThereIs() {
		Gap gap = new Gap(100);
		gap.stop(200);
		assertThat(gap.nanoseconds()).isEqualTo(100);
	}

	/** Of one that begins there the whole does. */
	@Test
	void aGapThatEndsInTheWarmUpDoesNotCount() {
		Gap gap = new Gap(100);
		gap.end(150, false);
		assertThat(gap.nanoseconds()).isZero();
		gap.end(190, true);
		assertThat(gap.nanoseconds()).isEqualTo(40);
	}

	/** {@link System#nanoTime()} has any origin. */
	@Test
	void aGapMayBeginBeforeZero() {
		Gap gap = new Gap(-10);
		gap.end(5, true);
		assertThat(gap.nanoseconds()).isEqualTo(15);
	}

	@Test
	void oneLostOfAThousandIsNotUnderThreeNines() {
		Limits limits = new Limits(new BigDecimal("99.9"), null);
		assertThat(limits.missed(1000, 999, 0)).isEmpty();
		assertThat(limits.missed(999, 998, 0)).hasSize(1);
	}

	@Test
	void aGapAsLongAsItMayBeIsNotTooLong() {
		Limits limits = new Limits(null, Duration.ofMillis(1));
		assertThat(limits.missed(1, 1, 1_000_000)).isEmpty();
		assertThat(limits.missed(1, 1, 1_001_000)).containsExactly("the longest gap, 1.001 ms, exceeds --max-gap 1 ms");
	}

	@Test
	void aTallyDoesNotGrowForEver() {
		Tally<Integer> tally = new Tally<>();
		IntStream.range(0, 5000).forEach((key) -> tally.add(key, key, ""));
		tally.add(7, 9000, "");
		assertThat(tally.sightings()).hasSize(1000);
		assertThat(tally.others()).isEqualTo(4000);
		assertThat(tally.sightings().get(7)).isEqualTo(new Tally.Sightings(2, 7, 9000, ""));
	}

	@Test
	void aTallyKeepsTheFirstNote() {
		Tally<String> tally = new Tally<>();
		tally.add("reset", 1, "first");
		tally.add("reset", 2, "second");
		assertThat(tally.sightings().get("reset").note()).isEqualTo("first");
	}

	@Test
	void theFirstTenthIsWarmUp() {
		Schedule schedule = new Schedule(20, Duration.ofHours(1));
		assertThat(schedule.isWarmUp(2)).isTrue();
		assertThat(schedule.isWarmUp(3)).isFalse();
	}

	@Test
	void nothingStartsAfterTheDuration() {
		Schedule schedule = new Schedule(20, Duration.ZERO);
		assertThat(schedule.isWarmUp(1)).isFalse();
		assertThat(schedule.next()).isZero();
		assertThat(schedule.end()).isEqualTo(schedule.start());
	}

	@Test
	void theScheduleEndsWithTheCount() {
		Schedule schedule = new Schedule(1, null);
		assertThat(schedule.next()).isEqualTo(1);
		assertThat(schedule.goesOn()).isFalse();
		assertThat(schedule.next()).isZero();
		long end = schedule.end();
		assertThat(schedule.next()).isZero();
		assertThat(schedule.end()).isEqualTo(end);
	}

}
