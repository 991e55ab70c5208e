package io.tcpecho.send;

import java.util.ArrayList;
import java.util.List;

/**
 * Judges exchange after exchange, and sums them up once. Thread-safe: Ctrl-C finishes it
 * from a thread of its own.
 */
final class Series {

	private final Expectation expectation;

	private final Report report;

	private final List<Long> nanoseconds = new ArrayList<>();

	private int sent;

	private int echoed;

	private ExitCode exitCode = ExitCode.AS_EXPECTED;

	private boolean finished;

	Series(Expectation expectation, Report report) {
		this.expectation = expectation;
		this.report = report;
	}

	/** Reports the exchange, unless the series is finished. */
	synchronized void add(Exchange exchange) {
		if (this.finished) {
			return;
		}
		this.sent++;
		if (exchange.outcome().exitCode() == ExitCode.AS_EXPECTED) {
			this.echoed++;
		}
		ExitCode verdict = this.expectation.verdict(exchange.outcome());
		if (verdict == ExitCode.AS_EXPECTED) {
			this.nanoseconds.add(exchange.nanoseconds());
		}
		else if (this.exitCode == ExitCode.AS_EXPECTED) {
			this.exitCode = verdict;
		}
		this.report.exchange(this.sent, exchange, verdict);
	}

	/**
	 * Reports the summary, the first time.
	 * @return the verdict on the first exchange that was not as expected
	 */
	synchronized ExitCode finish() {
		if (!this.finished) {
			this.finished = true;
			int lost = this.sent - this.nanoseconds.size();
			List<Long> ascending = this.nanoseconds.stream().sorted().toList();
			this.report.summary(new Summary(this.sent, this.echoed, lost, ascending, this.exitCode));
		}
		return this.exitCode;
	}

}
