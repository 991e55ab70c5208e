package io.tcpecho.send;

import java.util.List;
import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SummaryTests {

	@ParameterizedTest
	@CsvSource({ "1, 1", "2, 2", "99, 99", "100, 99", "101, 100", "200, 198", "1000, 990" })
	void ninetyNineOfAHundredTakeNoLongerThanP99(int times, long p99) {
		assertThat(upTo(times).p99()).isEqualTo(p99);
	}

	@Test
	void knowsTheShortestTheAverageAndTheLongest() {
		Summary summary = upTo(4);
		assertThat(summary.min()).isEqualTo(1);
		assertThat(summary.average()).isEqualTo(3);
		assertThat(summary.max()).isEqualTo(4);
	}

	private static Summary upTo(int times) {
		List<Long> nanoseconds = LongStream.rangeClosed(1, times).boxed().toList();
		return new Summary(times, times, 0, nanoseconds, ExitCode.AS_EXPECTED);
	}

}
