package io.tcpecho.testing;

import java.util.List;

import org.apache.commons.logging.LogFactory;

import org.springframework.boot.test.system.CapturedOutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What has been logged in this JVM. Another thread prints it: see {@link #flush}.
 */
public final class Logged {

	private Logged() {
	}

	/** Returns when all that was logged before is printed. */
	public static void flush(CapturedOutput output) {
		String mark = "the last line, " + System.nanoTime();
		LogFactory.getLog(Logged.class).info(mark);
		await().until(() -> output.getAll().contains(mark));
	}

	/** The lines of all that was logged before that contain the text. */
	public static List<String> lines(CapturedOutput output, String text) {
		flush(output);
		return output.getAll().lines().filter((line) -> line.contains(text)).toList();
	}

	public static void assertNothingAmiss(CapturedOutput output) {
		flush(output);
		assertThat(output.getAll()).doesNotContain(" WARN ", " ERROR ", "Exception");
	}

}
