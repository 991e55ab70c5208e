package io.tcpecho.send;

import java.io.PrintStream;

/**
 * Standard output has the replies, byte for byte, or else the JSON; standard error has
 * all that is for people.
 */
final class Report {

	/**
	 * What is reported of.
	 */
	enum Kind {

		/** One exchange, whose reply stays as it came. */
		SINGLE,

		/** Several. A reply without a newline at its end gets one. */
		SERIES,

		/** So many that only their summary counts. */
		DRILL

	}

	private final PrintStream out;

	private final PrintStream err;

	private final boolean json;

	private final boolean failuresOnly;

	private final Kind kind;

	private final SummaryLines lines;

	/**
	 * A reply rarely ends with a newline: where both streams are one terminal, see to it.
	 * Since Java 25 there is no console without one (JDK-8351435).
	 */
	@SuppressWarnings("SystemConsoleNull") // right for Java 22 to 24 only
	private final boolean terminal = System.console() != null;

	/**
	 * @param json whether standard output gets JSON instead of replies, and standard
	 * error only failures
	 * @param quiet whether standard error gets only failures
	 */
	Report(PrintStream out, PrintStream err, boolean json, boolean quiet, Kind kind, SummaryLines lines) {
		this.out = out;
		this.err = err;
		this.json = json;
		this.failuresOnly = json || quiet;
		this.kind = kind;
		this.lines = lines;
	}

	void exchange(int sequence, Exchange exchange, ExitCode verdict) {
		if (this.kind == Kind.DRILL) {
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
			if (this.kind == Kind.SINGLE && this.terminal && !this.json && exchange.reply().length > 0) {
				this.err.println();
			}
			this.err.println(toLine(sequence, exchange) + (failure ? "; " + exchange.outcome().advice() : ""));
		}
	}

	private void reply(byte[] reply) {
		this.out.write(reply, 0, reply.length);
		if (this.kind == Kind.SERIES && reply.length > 0 && reply[reply.length - 1] != '\n') {
			this.out.write('\n');
		}
		this.out.flush();
	}

	private static String toLine(int sequence, Exchange exchange) {
		return exchange.outcome() + ": " + exchange.description() + ", seq=" + sequence + " time="
				+ SummaryLines.milliseconds(exchange.nanoseconds()) + " ms";
	}

	/**
	 * @param interrupted whether the user wants it whatever was asked for
	 */
	void summary(Summary summary, boolean interrupted) {
		if (this.json) {
			this.out.println(Json.of(summary, this.lines));
		}
		else if (this.kind != Kind.SINGLE && (interrupted || !this.failuresOnly || failed(summary))) {
			this.lines.of(summary, this.kind).forEach(this.err::println);
		}
		summary.missed().forEach(this.err::println);
	}

	/** A drill's failures are told nowhere else. */
	private boolean failed(Summary summary) {
		return this.kind == Kind.DRILL && summary.exitCode() != ExitCode.AS_EXPECTED;
	}

}
