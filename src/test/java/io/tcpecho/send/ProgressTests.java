package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;

@Execution(ExecutionMode.CONCURRENT)
class ProgressTests {

	private static final String ERASE = "\r\033[K";

	private final Series series = SeriesTests.series(new ByteArrayOutputStream(), "--count=100");

	/** Each line as it is flushed. */
	private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

	private final Progress progress = new Progress(new PrintStream(new ByteArrayOutputStream() {

		@Override
		public void flush() {
			if (size() > 0) {
				ProgressTests.this.lines.add(toString(StandardCharsets.UTF_8));
				reset();
			}
		}

	}, false, StandardCharsets.UTF_8), this.series::progress);

	@Test
	void tellsOnceASecondHowItGoesUntilItIsTakenAway() throws Exception {
		for (int i = 0; i < 7; i++) {
			this.series.add(SeriesTests.ECHOED, false);
		}
		this.series.add(SeriesTests.REFUSED, false);
		this.progress.start();
		assertThat(next()).startsWith(ERASE + "7/s, 1 lost, ").matches("[^.]*[0-9]\\.\\d s without an echo");
		assertThat(next()).startsWith(ERASE + "0/s, 1 lost, ");
		this.series.add(SeriesTests.ECHOED, false);
		assertThat(next()).startsWith(ERASE + "1/s, 1 lost, ").containsPattern(" [01]\\.\\d s without");
		this.progress.close();
		assertThat(next()).isEqualTo(ERASE);
		this.progress.close();
		assertThat(this.lines.poll(1500, TimeUnit.MILLISECONDS)).isNull();
	}

	@Test
	void withoutALineThereIsNothingToTakeAway() {
		this.progress.close();
		assertThat(this.lines).isEmpty();
	}

	private String next() throws InterruptedException {
		String line = this.lines.poll(30, TimeUnit.SECONDS);
		assertThat(line).isNotNull();
		return line;
	}

}
