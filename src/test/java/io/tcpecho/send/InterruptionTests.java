package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a summary says of exchanges that nobody waits for any more.
 */
class InterruptionTests {

	private final ByteArrayOutputStream err = new ByteArrayOutputStream();

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", textBlock = """
			-               | --count=9 --parallel=2                   | TIMEOUT
			-               | --count=9 --parallel=2 --max-gap=PT0S    | MISSED
			-               | --count=9 --parallel=2 --max-gap=PT1H    | TIMEOUT
			-               | --count=9 --parallel=2 --fail-under=100  | TIMEOUT
			-               | --count=9                                | TIMEOUT
			-               | --duration=PT1H                          | TIMEOUT
			REFUSED         | --count=9 --parallel=2 --max-gap=PT0S    | REFUSED
			ECHOED          | --count=9 --parallel=2                   | AS_EXPECTED
			ECHOED          | --count=9 --parallel=2 --fail-under=100  | AS_EXPECTED
			ECHOED          | --count=9 --parallel=2 --max-gap=PT0S    | MISSED
			ECHOED,REFUSED  | --count=9 --parallel=2                   | REFUSED
			ECHOED,REFUSED  | --count=9 --parallel=2 --fail-under=51   | MISSED
			ECHOED,REFUSED  | --count=9 --parallel=2 --fail-under=50   | AS_EXPECTED
			""")
	void theVerdictIsThatOnWhatHasEnded(String endings, String options, ExitCode verdict) {
		Series series = SeriesTests.series(this.err, options.split(" +"));
		series.next();
		series.next();
		for (String ending : (endings != null) ? endings.split(",") : new String[0]) {
			series.next();
			series.add(SeriesTests.exchange(Ending.valueOf(ending), 1), false);
		}
		assertThat(series.finish(true)).isEqualTo(verdict);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).contains("unfinished: 2 of those sent were under way ");
	}

	@Test
	void whatIsUnderWayIsSentButNotLost() {
		Series series = SeriesTests.series(this.err, "--count=9", "--parallel=4");
		for (int i = 0; i < 4; i++) {
			series.next();
		}
		series.add(SeriesTests.REFUSED, false);
		series.finish(true);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).startsWith("4 sent, 0 echoed, 1 lost")
			.contains("unfinished: 3 of those sent ");
	}

	@Test
	void nothingIsSentAfterwards() {
		Series series = SeriesTests.series(this.err, "--count=9");
		series.finish(true);
		assertThat(series.next()).isZero();
	}

	@Test
	void nothingIsUnfinishedWhereNobodyInterrupts() {
		Series series = SeriesTests.series(this.err, "--count=1");
		series.next();
		series.add(SeriesTests.ECHOED, false);
		series.finish(false);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).doesNotContain("unfinished");
	}

}
