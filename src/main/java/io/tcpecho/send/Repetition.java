package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that say how often a message is sent, and how well that must go.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Repetition {

	private static final Duration DAY = Duration.ofHours(24);

	@Option(names = "--count", paramLabel = "N",
			description = "Exchanges, 1 to 1000000. Above 1 there is a summary at the end. Ctrl-C brings it about earlier, "
					+ "with exit code 130. The first that is not as expected decides the exit code.%n"
					+ "  Default: 1, or with --duration as many as there is time for")
	private @Nullable Integer count;

	@Option(names = "--duration", paramLabel = "DURATION",
			description = "A drill: exchange after exchange for so long, 1ms to 24h. Replies are not printed, the summary "
					+ "has the longest gap without an echo, and a terminal shows each second how it goes. Of the first "
					+ "second, or the first tenth of --duration or --count if that is sooner, times and rate are left "
					+ "out: warm-up.")
	private @Nullable Duration duration;

	@Option(names = "--parallel", defaultValue = "1", paramLabel = "N",
			description = "Exchanges kept going at a time, 1 to 1000. Above 1 it is a drill; needs --duration or --count.")
	private int parallel;

	@Option(names = "--interval", paramLabel = "DURATION",
			description = "From the start of an exchange to that of the next, 0s to 24h; in a drill for each of those "
					+ "kept going, and after a failure 10ms at least.%n  Default: 1s, in a drill 0s")
	private @Nullable Duration interval;

	@Option(names = "--fail-under", paramLabel = "PERCENT",
			description = "Exit code 9 if a smaller share of exchanges was as expected, otherwise 0. If none was, the first "
					+ "failure decides.")
	private @Nullable BigDecimal failUnder;

	@Option(names = "--max-gap", paramLabel = "DURATION",
			description = "Exit code 9 if there was a longer gap without an echo, otherwise 0. If no exchange was as "
					+ "expected, the first failure decides. Shorter than --duration.")
	private @Nullable Duration maxGap;

	void validate(Usage usage) {
		usage.range("--count", this.count, 1, 1_000_000);
		usage.range("--parallel", this.parallel, 1, 1000);
		usage.refuseIf(this.parallel > 1 && this.count == null && this.duration == null,
				"--parallel needs --duration or --count");
		usage.range("--duration", this.duration, Duration.ofMillis(1), DAY);
		usage.range("--interval", interval(), Duration.ZERO, DAY);
		usage.range("--fail-under", this.failUnder, BigDecimal.ZERO, BigDecimal.valueOf(100), "0% to 100%");
		usage.range("--max-gap", this.maxGap, Duration.ofMillis(1), DAY);
		usage.refuseIf(this.maxGap != null && this.duration != null && this.maxGap.compareTo(this.duration) >= 0,
				"--max-gap must be shorter than --duration, or no gap can exceed it");
	}

	/** So many exchanges that only their summary counts. */
	boolean isDrill() {
		return this.parallel > 1 || this.duration != null;
	}

	/** One exchange, whose reply stays as it came. */
	boolean isSingle() {
		return count() == 1 && !isDrill();
	}

	/** How many at most. */
	int count() {
		return (this.count != null) ? this.count : (this.duration != null) ? Integer.MAX_VALUE : 1;
	}

	/** After how many nanoseconds none is started any more. */
	long duration() {
		return (this.duration != null) ? this.duration.toNanos() : Long.MAX_VALUE;
	}

	int parallel() {
		return this.parallel;
	}

	Duration interval() {
		return (this.interval != null) ? this.interval : isDrill() ? Duration.ZERO : Duration.ofSeconds(1);
	}

	/** Whether it is limits that decide, whatever failed. */
	boolean hasLimits() {
		return this.failUnder != null || this.maxGap != null;
	}

	/** Which limits are missed, in words; the gap is in nanoseconds. */
	List<String> missed(int sent, int asExpected, long gap) {
		List<String> missed = new ArrayList<>();
		// Not in binary: 999 of 1000 are 99.9%.
		if (this.failUnder != null && BigDecimal.valueOf(asExpected * 100L)
			.compareTo(this.failUnder.multiply(BigDecimal.valueOf(sent))) < 0) {
			missed.add(asExpected + " of " + sent + " exchanges were as expected: that is under --fail-under "
					+ this.failUnder.toPlainString() + "%");
		}
		if (this.maxGap != null && gap > this.maxGap.toNanos()) {
			missed.add("the longest gap, " + Figures.milliseconds(gap) + " ms, exceeds --max-gap "
					+ this.maxGap.toMillis() + " ms");
		}
		return missed;
	}

}
