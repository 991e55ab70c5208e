package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SeriesTests {

	private final ByteArrayOutputStream err = new ByteArrayOutputStream();

	private final Series series = new Series(Expectation.ECHO, new Report(
			new PrintStream(OutputStream.nullOutputStream()), new PrintStream(this.err, true), false, false, true));

	private static final Exchange ECHOED = new Exchange(Outcome.ECHOED,
			new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), "", new byte[0], 1000);

	@Test
	void isSummedUpOnceWithoutWhatEndsLater() {
		this.series.add(ECHOED);
		this.series.finish();
		this.series.add(ECHOED);
		this.series.finish();
		assertThat(this.err.toString(StandardCharsets.UTF_8).lines()).hasSize(2)
			.last()
			.asString()
			.startsWith("1 sent, 1 echoed, 0 lost");
	}

	@Test
	void canBeInterruptedBeforeAnyExchangeEnds() {
		assertThat(this.series.finish()).isEqualTo(ExitCode.AS_EXPECTED);
		assertThat(this.err.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines("0 sent, 0 echoed, 0 lost");
	}

}
