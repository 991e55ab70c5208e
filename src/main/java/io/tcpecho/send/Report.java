package io.tcpecho.send;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.util.Base64;
import java.util.Objects;

/**
 * Standard output has the replies, byte for byte, or else the JSON; standard error has
 * all that is for people.
 */
final class Report {

	private final PrintStream out;

	private final PrintStream err;

	private final boolean json;

	private final boolean failuresOnly;

	private final boolean series;

	/**
	 * Replies rarely end with a newline: where both streams are one terminal, see to it.
	 * Since Java 25 there is no console without one (JDK-8351435).
	 */
	@SuppressWarnings("SystemConsoleNull") // right for Java 22 to 24 only
	private final boolean terminal = System.console() != null;

	/**
	 * @param json whether standard output gets JSON instead of replies, and standard
	 * error only failures
	 * @param quiet whether standard error gets only failures
	 * @param series whether there is a summary for people, too
	 */
	Report(PrintStream out, PrintStream err, boolean json, boolean quiet, boolean series) {
		this.out = out;
		this.err = err;
		this.json = json;
		this.failuresOnly = json || quiet;
		this.series = series;
	}

	void exchange(int sequence, Exchange exchange, ExitCode verdict) {
		if (this.json) {
			this.out.println(toJson(sequence, exchange, verdict));
		}
		else {
			this.out.write(exchange.reply(), 0, exchange.reply().length);
			this.out.flush();
		}
		boolean failure = verdict != ExitCode.AS_EXPECTED;
		if (failure || !this.failuresOnly) {
			if (this.terminal && !this.json && exchange.reply().length > 0) {
				this.err.println();
			}
			this.err.println(toLine(sequence, exchange) + (failure ? "; " + exchange.outcome().advice() : ""));
		}
	}

	void summary(Summary summary) {
		if (this.json) {
			this.out.println(toJson(summary));
		}
		else if (this.series && !this.failuresOnly) {
			this.err.println(toLine(summary));
		}
	}

	private static String toLine(int sequence, Exchange exchange) {
		return exchange.outcome() + ": " + exchange.description() + ", seq=" + sequence + " time="
				+ milliseconds(exchange.nanoseconds()) + " ms";
	}

	private static String toLine(Summary summary) {
		String line = "%d sent, %d echoed, %d lost".formatted(summary.sent(), summary.echoed(), summary.lost());
		return !summary.hasTimes() ? line
				: "%s, min/avg/p99/max = %s/%s/%s/%s ms".formatted(line, milliseconds(summary.min()),
						milliseconds(summary.average()), milliseconds(summary.p99()), milliseconds(summary.max()));
	}

	private static JsonLine toJson(int sequence, Exchange exchange, ExitCode verdict) {
		InetSocketAddress address = exchange.address();
		return new JsonLine().put("type", "exchange")
			.put("sequence", sequence)
			.put("outcome", exchange.outcome())
			.put("exitCode", verdict.code())
			.put("address", (address != null) ? Objects.requireNonNull(address.getAddress()).getHostAddress() : null)
			.put("port", (address != null) ? address.getPort() : null)
			.put("milliseconds", (address != null) ? milliseconds(exchange.nanoseconds()) : null)
			.put("reply", Base64.getEncoder().encodeToString(exchange.reply()))
			.put("description", exchange.description());
	}

	private static JsonLine toJson(Summary summary) {
		boolean times = summary.hasTimes();
		return new JsonLine().put("type", "summary")
			.put("sent", summary.sent())
			.put("echoed", summary.echoed())
			.put("lost", summary.lost())
			.put("minMilliseconds", times ? milliseconds(summary.min()) : null)
			.put("avgMilliseconds", times ? milliseconds(summary.average()) : null)
			.put("p99Milliseconds", times ? milliseconds(summary.p99()) : null)
			.put("maxMilliseconds", times ? milliseconds(summary.max()) : null)
			.put("exitCode", summary.exitCode().code());
	}

	private static BigDecimal milliseconds(long nanoseconds) {
		return BigDecimal.valueOf(nanoseconds / 1000, 3);
	}

}
