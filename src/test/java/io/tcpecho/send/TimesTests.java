package io.tcpecho.send;

import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

class TimesTests {

	private static final long MICROSECOND = 1000;

	@ParameterizedTest
	@CsvSource({ "1, 1", "2, 2", "99, 99", "100, 99", "101, 100", "200, 198", "1000, 990" })
	void ninetyNineOfAHundredTakeNoLongerThanP99(int times, long p99) {
		assertThat(upTo(times).percentile(99)).isCloseTo(p99 * 1000 * MICROSECOND, withinPercentage(0.1));
	}

	@Test
	void knowsTheShortestTheAverageAndTheLongestExactly() {
		Times times = upTo(4);
		assertThat(times.min()).isEqualTo(1000 * MICROSECOND);
		assertThat(times.average()).isEqualTo(2500 * MICROSECOND);
		assertThat(times.max()).isEqualTo(4000 * MICROSECOND);
		assertThat(times.percentile(100)).isEqualTo(times.max());
	}

	@Test
	void aSingleTimeIsEachPercentile() {
		Times times = new Times();
		times.add(1_234_567_891);
		assertThat(times.percentile(50)).isEqualTo(1_234_567_891);
	}

	@Test
	void takesTheLongestTimeThereIs() {
		Times times = new Times();
		times.add(90_000_000_000_000L);
		times.add(1);
		assertThat(times.percentile(99)).isEqualTo(90_000_000_000_000L);
		assertThat(times.min()).isEqualTo(1);
	}

	/** In milliseconds. */
	private static Times upTo(int most) {
		Times times = new Times();
		LongStream.rangeClosed(1, most).forEach((time) -> times.add(time * 1000 * MICROSECOND));
		return times;
	}

}
