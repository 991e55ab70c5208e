package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options that say how often a message is sent, and how well that must go.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Repetition {

	private static final Duration DAY = Duration.ofHours(24);

	@Spec(Spec.Target.MIXEE)
	private CommandSpec spec;

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
			description = "With less than this of exchanges as expected the exit code is 9, otherwise 0, whatever failed.")
	private @Nullable BigDecimal failUnder;

	@Option(names = "--max-gap", paramLabel = "DURATION",
			description = "With a longer gap without an echo the exit code is 9, otherwise 0, whatever failed.")
	private @Nullable Duration maxGap;

	void validate() {
		Usage usage = new Usage(this.spec);
		usage.require(this.count == null || (this.count >= 1 && this.count <= 1_000_000), "--count", "1 to 1000000");
		usage.require(this.parallel >= 1 && this.parallel <= 1000, "--parallel", "1 to 1000");
		usage.refuseIf(this.parallel > 1 && this.count == null && this.duration == null,
				"--parallel needs --duration or --count");
		if (this.duration != null) {
			usage.requireDuration("--duration", this.duration, Duration.ofMillis(1), DAY);
		}
		usage.requireDuration("--interval", interval(), Duration.ZERO, DAY);
		usage.require(
				this.failUnder == null
						|| (this.failUnder.signum() >= 0 && this.failUnder.compareTo(BigDecimal.valueOf(100)) <= 0),
				"--fail-under", "0% to 100%");
		if (this.maxGap != null) {
			usage.requireDuration("--max-gap", this.maxGap, Duration.ofMillis(1), DAY);
		}
	}

	Report.Kind kind() {
		if (this.parallel > 1 || this.duration != null) {
			return Report.Kind.DRILL;
		}
		return (this.count != null && this.count > 1) ? Report.Kind.SERIES : Report.Kind.SINGLE;
	}

	Schedule schedule() {
		int most = (this.count != null) ? this.count : (this.duration != null) ? Integer.MAX_VALUE : 1;
		return new Schedule(most, this.duration);
	}

	Limits limits() {
		return new Limits(this.failUnder, this.maxGap);
	}

	int parallel() {
		return this.parallel;
	}

	Duration interval() {
		return (this.interval != null) ? this.interval
				: (kind() == Report.Kind.DRILL) ? Duration.ZERO : Duration.ofSeconds(1);
	}

}
