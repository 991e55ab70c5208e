package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/**
 * The summary for people.
 *
 * @param expectation what is missing in a gap
 * @param parallel exchanges at a time
 * @param connectTimeout which bounds how exact a gap is, as the others do
 */
record SummaryLines(Expectation expectation, int parallel, Duration connectTimeout, Duration timeout,
		Duration interval) {

	/** Linux sends it again after a second, then after another or after two. */
	private static final Duration SYN_RETRY = Duration.ofSeconds(1);

	List<String> of(Summary summary, Report.Kind kind) {
		List<String> lines = new ArrayList<>();
		lines.add(counts(summary));
		if (kind == Report.Kind.DRILL) {
			if (summary.hasTimes()) {
				lines.add(rate(summary));
			}
			summary.failures()
				.forEach((outcome, seen) -> lines.add("%s: %s, the first: %s; %s".formatted(outcome,
						seen(seen, summary), seen.note(), outcome.advice())));
			lines.add(gap(summary));
		}
		summary.instances().forEach((instance, seen) -> lines.add(instance + ": " + seen(seen, summary)));
		if (summary.otherInstances() > 0) {
			lines.add("other instances: " + summary.otherInstances());
		}
		return lines;
	}

	private static String counts(Summary summary) {
		String line = "%d sent, %d echoed, %d lost".formatted(summary.sent(), summary.echoed(), summary.lost());
		Times times = summary.times();
		return !summary.hasTimes() ? line
				: "%s, min/avg/p99/max = %s/%s/%s/%s ms".formatted(line, milliseconds(times.min()),
						milliseconds(times.average()), milliseconds(times.percentile(99)), milliseconds(times.max()));
	}

	private String rate(Summary summary) {
		Times times = summary.times();
		return "%.1f/s over %.3f s, %d at a time, p50/p90/p99.9 = %s/%s/%s ms; %d exchanges of warm-up are in no time and no rate"
			.formatted(summary.rate(), summary.seconds(), this.parallel, milliseconds(times.percentile(50)),
					milliseconds(times.percentile(90)), milliseconds(times.percentile(99.9)), summary.warmUp());
	}

	private String gap(Summary summary) {
		Gap gap = summary.gap();
		return "longest gap without %s: %s ms, from %s to %s; %s".formatted(this.expectation.noun(),
				milliseconds(gap.nanoseconds()), time(gap.from(), summary), time(gap.to(), summary), resolution());
	}

	/** How exact a gap is. */
	String resolution() {
		Duration refused = max(this.interval, Lanes.PAUSE_AFTER_FAILURE);
		Duration dropped = max(this.interval,
				(this.connectTimeout.compareTo(SYN_RETRY) < 0) ? this.connectTimeout : SYN_RETRY);
		return "exact to %d ms where connections are refused, to %d ms where packets are dropped (a SYN is sent again after 1 s, or once --connect-timeout, %d ms, is over), and to --timeout, %d ms, where connections hang"
			.formatted(refused.toMillis(), dropped.toMillis(), this.connectTimeout.toMillis(), this.timeout.toMillis());
	}

	private static Duration max(Duration one, Duration other) {
		return (one.compareTo(other) > 0) ? one : other;
	}

	private static String seen(Tally.Sightings seen, Summary summary) {
		return "%d, from %s to %s".formatted(seen.count(), time(seen.first(), summary), time(seen.last(), summary));
	}

	private static String time(long time, Summary summary) {
		return DateTimeFormatter.ofPattern("HH:mm:ss.SSSX")
			.withZone(ZoneId.systemDefault())
			.format(summary.clock().at(time));
	}

	static BigDecimal milliseconds(long nanoseconds) {
		return BigDecimal.valueOf(nanoseconds / 1000, 3);
	}

}
