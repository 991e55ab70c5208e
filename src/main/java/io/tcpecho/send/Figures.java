package io.tcpecho.send;

import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.LongSummaryStatistics;
import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a series of exchanges comes to, in memory that does not grow with them. All times
 * are in nanoseconds, and each {@code now} is since the start. Not thread-safe.
 */
final class Figures {

	private final Instant start = Instant.now();

	private int ended;

	private int unfinished;

	private int echoed;

	private int asExpected;

	private int warmUp;

	/** When the first exchange that is no warm-up began, and when nothing more did. */
	private long measuredFrom;

	private long end;

	/** Of those as expected, without the warm-up. */
	private final LongSummaryStatistics times = new LongSummaryStatistics();

	/** The same, to three digits. */
	private final Histogram histogram = new Histogram(3);

	private long lastAsExpected;

	private long gapFrom;

	private long gapTo;

	private final Tally<Ending> failures = new Tally<>();

	private final Tally<FailedAddress> failedAddresses = new Tally<>();

	private final Tally<Instance> instances = new Tally<>();

	private final Tally<Tls.Certificate> certificates = new Tally<>();

	/**
	 * @param isWarmUp whether its time does not count, nor a gap that it ends. A gap that
	 * only began in the warm-up does, and as a whole.
	 * @param now when it ended
	 */
	void add(Exchange exchange, boolean asExpected, boolean isWarmUp, long now) {
		this.ended++;
		if (isWarmUp) {
			this.warmUp++;
		}
		else if (this.ended == this.warmUp + 1) {
			this.measuredFrom = now - exchange.nanoseconds();
		}
		if (exchange.ending().exitCode() == ExitCode.AS_EXPECTED) {
			this.echoed++;
		}
		for (Exchange failed : exchange.passedOver()) {
			this.failedAddresses.add(new FailedAddress(Objects.requireNonNull(failed.address()), failed.ending()),
					at(now), failed.description());
		}
		if (!asExpected) {
			this.failures.add(exchange.ending(), at(now), exchange.description());
			return;
		}
		this.asExpected++;
		if (!isWarmUp) {
			endGap(now);
			this.times.accept(exchange.nanoseconds());
			this.histogram.recordValue(exchange.nanoseconds());
		}
		this.lastAsExpected = now;
		if (exchange.instance() != null) {
			this.instances.add(exchange.instance(), at(now), exchange.description());
		}
		if (exchange.certificate() != null) {
			this.certificates.add(exchange.certificate(), at(now), exchange.description());
		}
	}

	private void endGap(long now) {
		if (now - this.lastAsExpected > gap()) {
			this.gapFrom = this.lastAsExpected;
			this.gapTo = now;
		}
	}

	/**
	 * Nothing more is started, and what hangs is not waited for by any client to come.
	 */
	void end(long now) {
		this.end = Math.max(now, this.lastAsExpected);
		endGap(this.end);
	}

	/** So many have been sent that will not end, for nobody waits for them. */
	void leave(int unfinished) {
		this.unfinished = unfinished;
	}

	int sent() {
		return this.ended + this.unfinished;
	}

	int ended() {
		return this.ended;
	}

	/** How many of those sent are neither echoed nor lost. */
	int unfinished() {
		return this.unfinished;
	}

	/** Those with the reply that they must have. */
	int echoed() {
		return this.echoed;
	}

	int lost() {
		return this.ended - this.asExpected;
	}

	int asExpected() {
		return this.asExpected;
	}

	/** How many of those sent are in no time and no rate. */
	int warmUp() {
		return this.warmUp;
	}

	/** Of all times, in milliseconds; null if there is none. */
	@Nullable BigDecimal average() {
		return (this.times.getCount() > 0) ? milliseconds(Math.round(this.times.getAverage())) : null;
	}

	/**
	 * The shortest time that so many percent do not exceed, in milliseconds; null if
	 * there is none. That of 0 is the least of all, and that of 100 the greatest.
	 */
	@Nullable BigDecimal percentile(double percent) {
		return (this.times.getCount() > 0) ? milliseconds(
				Math.clamp(this.histogram.getValueAtPercentile(percent), this.times.getMin(), this.times.getMax()))
				: null;
	}

	/** With three digits behind the point. */
	static BigDecimal milliseconds(long nanoseconds) {
		return BigDecimal.valueOf(nanoseconds / 1000, 3);
	}

	long measuredFrom() {
		return this.measuredFrom;
	}

	/** When nothing more was started. */
	long end() {
		return this.end;
	}

	/** That the rate is of. */
	double seconds() {
		return (this.end - this.measuredFrom) / 1e9;
	}

	/** Exchanges as expected, for each second. */
	double rate() {
		return (seconds() > 0) ? this.times.getCount() / seconds() : 0;
	}

	/** When the last exchange ended as expected, or the start. */
	long lastAsExpected() {
		return this.lastAsExpected;
	}

	/**
	 * The longest time in which no exchange ended as expected, whichever lane it was on:
	 * the length of an outage as clients saw it.
	 */
	long gap() {
		return this.gapTo - this.gapFrom;
	}

	Instant gapFrom() {
		return at(this.gapFrom);
	}

	Instant gapTo() {
		return at(this.gapTo);
	}

	Tally<Ending> failures() {
		return this.failures;
	}

	/** Of hosts whose next address was tried then, and took the connection. */
	Tally<FailedAddress> failedAddresses() {
		return this.failedAddresses;
	}

	Tally<Instance> instances() {
		return this.instances;
	}

	Tally<Tls.Certificate> certificates() {
		return this.certificates;
	}

	/** The time of day. */
	Instant at(long time) {
		return this.start.plusNanos(time);
	}

	/**
	 * An address of a host, and how an attempt at it ended.
	 */
	record FailedAddress(InetSocketAddress address, Ending ending) {

		@Override
		public String toString() {
			return "passed over " + Addresses.toString(this.address) + " (" + this.ending + ")";
		}

	}

}
