package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SeriesTests {

	private final ByteArrayOutputStream err = new ByteArrayOutputStream();

	private final Series series = series(this.err);

	static final Exchange ECHOED = exchange(Outcome.ECHOED);

	static final Exchange REFUSED = exchange(Outcome.REFUSED);

	static Series series(OutputStream err) {
		return new Series(Expectation.ECHO, new Limits(null, null), new Schedule(1, null),
				new Report(new PrintStream(OutputStream.nullOutputStream()), new PrintStream(err, true), false, false,
						Report.Kind.SERIES, new SummaryLines(Expectation.ECHO, 1, Duration.ofSeconds(5),
								Duration.ofSeconds(10), Duration.ofSeconds(1))));
	}

	private static Exchange exchange(Outcome outcome) {
		return new Exchange(outcome, new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), "", new byte[0], 1000,
				null);
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
	void tellsWhetherAnExchangeWasAsExpected() {
		assertThat(this.series.add(ECHOED, false)).isTrue();
		assertThat(this.series.add(REFUSED, false)).isFalse();
		this.series.finish(false);
		assertThat(this.series.add(ECHOED, false)).isTrue();
		assertThat(this.series.add(REFUSED, false)).isFalse();
	}

	@Test
	void canBeInterruptedBeforeAnyExchangeEnds() {
		assertThat(this.series.finish(false)).isEqualTo(ExitCode.AS_EXPECTED);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines("0 sent, 0 echoed, 0 lost");
	}

}
