package io.tcpecho.send;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Standard output has the replies, byte for byte, or else the JSON; standard error has
 * all that is for people.
 *
 * @param json whether standard output gets JSON instead of replies
 * @param failuresOnly whether standard error gets nothing else
 * @param client whose timeouts bound how exact a gap is
 */
record Report(PrintStream out, PrintStream err, boolean json, boolean failuresOnly, Repetition repetition,
		Ending.Expected expected, EchoClient client) {

	private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSX", Locale.ROOT)
		.withZone(ZoneId.systemDefault());

	/** Whether nobody reads any more what has been written, as with "| head -1". */
	boolean isAbandoned() {
		return this.out.checkError() || this.err.checkError();
	}

	@SuppressWarnings("SystemConsoleNull") // right for Java 22 to 24 only
	void exchange(int sequence, Exchange exchange, ExitCode verdict) {
		if (this.repetition.isDrill()) {
			return;
		}
		if (this.json) {
			this.out.println(Json.of(sequence, exchange, verdict));
		}
		else {
			reply(exchange.reply());
		}
		boolean failure = verdict != ExitCode.AS_EXPECTED;
		if (failure || !this.failuresOnly) {
			if (this.repetition.isSingle() && !this.json && exchange.reply().length > 0 && System.console() != null) {
				// Both streams are one terminal, and a reply rarely ends with a newline.
				this.err.println();
			}
			this.err.println(exchange.ending() + ": " + exchange.description() + ", seq=" + sequence + " time="
					+ Figures.milliseconds(exchange.nanoseconds()) + " ms"
					+ (failure ? "; " + exchange.ending().advice() : ""));
		}
	}

	/** In a series, a reply without a newline at its end gets one. */
	private void reply(byte[] reply) {
		this.out.write(reply, 0, reply.length);
		if (!this.repetition.isSingle() && reply.length > 0 && reply[reply.length - 1] != '\n') {
			this.out.write('\n');
		}
		this.out.flush();
	}

	void summary(Figures figures, ExitCode exitCode, List<String> missed, boolean interrupted) {
		// A drill's failures are told nowhere else.
		boolean failed = this.repetition.isDrill() && exitCode != ExitCode.AS_EXPECTED;
		if (this.json) {
			this.out.println(Json.of(figures, exitCode, this.repetition.parallel(), gapResolution()));
		}
		else if (!this.repetition.isSingle() && (interrupted || !this.failuresOnly || failed)) {
			summary(figures);
		}
		missed.forEach(this.err::println);
	}

	/** Writes it after the summary, which is there whatever comes of it. */
	boolean plot(Plot plot, Figures figures, ExitCode exitCode, List<String> missed, boolean interrupted) {
		String verdict = (interrupted ? "interrupted; " : "") + exitCode.code() + ", " + exitCode.meaning()
				+ (missed.isEmpty() ? "" : ": " + String.join("; ", missed));
		try {
			plot.write(figures, verdict, exitCode == ExitCode.AS_EXPECTED, gapResolution());
			return true;
		}
		catch (IOException | RuntimeException ex) {
			this.err.println("The plot cannot be written (" + PlotFile.reason(ex) + ").");
			return false;
		}
	}

	private void summary(Figures figures) {
		String counts = figures.sent() + " sent, " + figures.echoed() + " echoed, " + figures.lost() + " lost";
		this.err.println((figures.average() == null) ? counts : counts + ", min/avg/p99/max = " + figures.percentile(0)
				+ "/" + figures.average() + "/" + figures.percentile(99) + "/" + figures.percentile(100) + " ms");
		if (figures.unfinished() > 0) {
			this.err.println("unfinished: " + figures.unfinished()
					+ " of those sent were under way when it was interrupted, and are neither echoed nor lost");
		}
		if (this.repetition.isDrill()) {
			drill(figures);
		}
		tally(figures.failedAddresses(), "addresses passed over");
		tally(figures.instances(), "instances");
		tally(figures.certificates(), "certificates");
	}

	private void tally(Tally<?> tally, String noun) {
		tally.sightings().forEach((what, seen) -> this.err.println(what + ": " + seen(seen)));
		if (tally.others() > 0) {
			this.err.println("other " + noun + ": " + tally.others());
		}
	}

	private void drill(Figures figures) {
		if (figures.average() != null) {
			this.err.println(String.format(Locale.ROOT,
					"%.1f/s over %.3f s, %d at a time, p50/p90/p99.9 = %s/%s/%s ms; %d exchanges of warm-up are in no time and no rate",
					figures.rate(), figures.seconds(), this.repetition.parallel(), figures.percentile(50),
					figures.percentile(90), figures.percentile(99.9), figures.warmUp()));
		}
		figures.failures()
			.sightings()
			.forEach((ending, seen) -> this.err
				.println(ending + ": " + seen(seen) + ", the first: " + seen.description() + "; " + ending.advice()));
		this.err.println("longest gap without " + this.expected.noun() + ": " + Figures.milliseconds(figures.gap())
				+ " ms, " + fromTo(figures.gapFrom(), figures.gapTo()) + "; " + gapResolution());
	}

	/** How exact a gap is. */
	String gapResolution() {
		// A dropped SYN is sent again, but behind a Service to the same dead instance.
		return "exact to " + Math.max(this.repetition.interval().toMillis(), Series.PAUSE_AFTER_FAILURE.toMillis())
				+ " ms where connections are refused, to " + longer("--connect-timeout", this.client.connectTimeout())
				+ " where packets are dropped, and to " + longer("--timeout", this.client.timeout())
				+ " where connections hang";
	}

	/** Which of both it is that a lane waits for. */
	private String longer(String option, Duration timeout) {
		Duration interval = this.repetition.interval();
		return (interval.compareTo(timeout) > 0) ? "--interval, " + interval.toMillis() + " ms,"
				: option + ", " + timeout.toMillis() + " ms,";
	}

	private static String seen(Tally.Sightings seen) {
		return seen.count() + ", " + fromTo(seen.first(), seen.last());
	}

	private static String fromTo(Instant first, Instant last) {
		return "from " + TIME.format(first) + " to " + TIME.format(last);
	}

}
