package io.tcpecho.send;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Judges exchange after exchange, and sums them up once, in memory that does not grow
 * with them. Thread-safe: lanes add to it, and Ctrl-C finishes it from a thread of its
 * own.
 */
final class Series {

	private final Expectation expectation;

	private final Limits limits;

	private final Report report;

	private final Schedule schedule;

	private final Summary.WallClock clock;

	private final Times times = new Times();

	private final Gap gap;

	private final Tally<Outcome> failures = new Tally<>();

	private final Tally<Identity> instances = new Tally<>();

	private int sent;

	private int echoed;

	private int lost;

	private int warmUp;

	/** When the first exchange that is no warm-up began. */
	private long measuredFrom;

	private ExitCode firstFailure = ExitCode.AS_EXPECTED;

	private ExitCode exitCode = ExitCode.AS_EXPECTED;

	private boolean finished;

	Series(Expectation expectation, Limits limits, Schedule schedule, Report report) {
		this.expectation = expectation;
		this.limits = limits;
		this.schedule = schedule;
		this.report = report;
		this.clock = new Summary.WallClock(schedule.start(), Instant.now());
		this.gap = new Gap(schedule.start());
		this.measuredFrom = schedule.start();
	}

	/**
	 * Reports an exchange that has just ended, unless the series is finished.
	 * @return whether it was as expected
	 */
	synchronized boolean add(Exchange exchange, boolean isWarmUp) {
		ExitCode verdict = this.expectation.verdict(exchange.outcome());
		boolean asExpected = verdict == ExitCode.AS_EXPECTED;
		if (this.finished) {
			return asExpected;
		}
		long now = System.nanoTime();
		this.sent++;
		if (isWarmUp) {
			this.warmUp++;
		}
		else if (this.sent == this.warmUp + 1) {
			this.measuredFrom = now - exchange.nanoseconds();
		}
		if (exchange.outcome().exitCode() == ExitCode.AS_EXPECTED) {
			this.echoed++;
		}
		if (asExpected) {
			succeeded(exchange, now, isWarmUp);
		}
		else {
			failed(exchange, now, verdict);
		}
		this.report.exchange(this.sent, exchange, verdict);
		return asExpected;
	}

	private void succeeded(Exchange exchange, long now, boolean isWarmUp) {
		this.gap.end(now, !isWarmUp);
		if (!isWarmUp) {
			this.times.add(exchange.nanoseconds());
		}
		if (exchange.identity() != null) {
			this.instances.add(exchange.identity(), now, "");
		}
	}

	private void failed(Exchange exchange, long now, ExitCode verdict) {
		this.lost++;
		this.failures.add(exchange.outcome(), now, exchange.description());
		if (this.firstFailure == ExitCode.AS_EXPECTED) {
			this.firstFailure = verdict;
		}
	}

	/**
	 * Reports the summary, the first time.
	 * @param interrupted whether the user wants it now
	 * @return the verdict on the limits, or where there are none on the first exchange
	 * that was not as expected
	 */
	synchronized ExitCode finish(boolean interrupted) {
		if (!this.finished) {
			this.finished = true;
			// What hangs at the end is not waited for by any client to come.
			long end = Math.max(this.schedule.end(), this.gap.last());
			this.gap.stop(end);
			List<String> missed = this.limits.missed(this.sent, this.sent - this.lost, this.gap.nanoseconds());
			this.exitCode = !this.limits.isGiven() ? this.firstFailure
					: missed.isEmpty() ? ExitCode.AS_EXPECTED : ExitCode.MISSED;
			double seconds = (end - this.measuredFrom) / 1e9;
			this.report.summary(new Summary(this.sent, this.echoed, this.lost, this.warmUp, this.times, seconds,
					this.gap, this.failures.sightings(), this.instances.sightings(), this.instances.others(),
					this.clock, missed, this.exitCode), interrupted);
		}
		return this.exitCode;
	}

	/**
	 * How it stands.
	 *
	 * @param sinceLast as expected
	 */
	record Standing(int sent, int lost, Duration sinceLast) {

	}

	synchronized Standing standing() {
		return new Standing(this.sent, this.lost, Duration.ofNanos(System.nanoTime() - this.gap.last()));
	}

}
