package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;

class SeriesTests {

	private final ByteArrayOutputStream err = new ByteArrayOutputStream();

	private final Series series = series(this.err, "--count=2");

	static final Exchange ECHOED = exchange(Ending.ECHOED, 1000);

	static final Exchange REFUSED = exchange(Ending.REFUSED, 1000);

	static Exchange exchange(Ending ending, long nanoseconds) {
		return new Exchange(ending, null, "", new byte[0], nanoseconds, null, null);
	}

	static Series series(OutputStream err, String... options) {
		Repetition repetition = repetition(options);
		EchoClient client = new EchoClient("localhost", 1, Duration.ofSeconds(5), Duration.ofSeconds(10),
				Endpoint.Family.ANY, null, null);
		return new Series(() -> client.exchange(null), new Report(new PrintStream(OutputStream.nullOutputStream()),
				new PrintStream(err, true), false, false, repetition, Ending.Expected.ECHO, client), null);
	}

	/** With durations as ISO 8601 has them. */
	private static Repetition repetition(String... options) {
		return CommandLine.populateCommand(new Repetition(), options);
	}

	@Test
	void isSummedUpOnceWithoutWhatEndsLater() {
		this.series.add(ECHOED, false);
		this.series.finish(false);
		this.series.add(ECHOED, false);
		this.series.finish(false);
		assertThat(this.err.toString(StandardCharsets.UTF_8).lines()).hasSize(2)
			.last()
			.asString()
			.startsWith("1 sent, 1 echoed, 0 lost");
	}

	@Test
	void instancesThatThereIsNoPlaceForAreCounted() {
		for (int number = 0; number < 1002; number++) {
			Instance instance = new Instance("echo-" + number, null, null, null);
			this.series.add(new Exchange(Ending.ECHOED, null, "", new byte[0], 1, instance, null), false);
		}
		this.series.finish(false);
		assertThat(this.err.toString(StandardCharsets.UTF_8).lines()).last().isEqualTo("other instances: 2");
	}

	@Test
	void tellsWhetherAnExchangeWasAsExpected() {
		assertThat(this.series.add(ECHOED, false)).isTrue();
		assertThat(this.series.add(REFUSED, false)).isFalse();
		this.series.finish(false);
		assertThat(this.series.add(ECHOED, false)).isTrue();
		assertThat(this.series.add(REFUSED, false)).isFalse();
	}

	@Test
	void canBeInterruptedBeforeAnyExchangeEnds() {
		assertThat(this.series.finish(false)).isEqualTo(ExitCode.TIMEOUT);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines("0 sent, 0 echoed, 0 lost");
	}

	@Test
	void theFirstTenthOfADrillIsWarmUp() {
		Series drill = series(this.err, "--count=20", "--duration=PT1H");
		assertThat(drill.isWarmUp(2)).isTrue();
		assertThat(drill.isWarmUp(3)).isFalse();
		assertThat(series(this.err, "--count=20").isWarmUp(2)).isFalse();
		assertThat(series(this.err, "--count=20", "--duration=PT0S").isWarmUp(2)).isFalse();
	}

	@Test
	void nothingStartsAfterTheDuration() {
		assertThat(series(this.err, "--count=20", "--duration=PT0S").next()).isZero();
	}

	@Test
	void nothingStartsAfterTheCount() {
		assertThat(this.series.next()).isEqualTo(1);
		assertThat(this.series.next()).isEqualTo(2);
		assertThat(this.series.next()).isZero();
		assertThat(this.series.next()).isZero();
	}

	@Test
	void oneLostOfAThousandIsNotUnderThreeNines() {
		Repetition repetition = repetition("--fail-under=99.9");
		assertThat(repetition.missed(1000, 999, 0)).isEmpty();
		assertThat(repetition.missed(999, 998, 0)).hasSize(1);
	}

	@Test
	void aGapAsLongAsItMayBeIsNotTooLong() {
		Repetition repetition = repetition("--max-gap=PT0.001S");
		assertThat(repetition.missed(1, 1, 1_000_000)).isEmpty();
		assertThat(repetition.missed(1, 1, 1_001_000))
			.containsExactly("the longest gap, 1.001 ms, exceeds --max-gap 1 ms");
	}

}
