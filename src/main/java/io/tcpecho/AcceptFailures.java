package io.tcpecho;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What is done when {@code accept(2)} fails: count it, say so once a second, and try
 * again after 5 ms, doubling to 1 s. It belongs to the listener's thread; others may read
 * {@link #isLasting()} and {@link #last()}.
 */
final class AcceptFailures {

	/** Why it failed. */
	enum Cause {

		/** The process, or the machine, has no file descriptor left. */
		DESCRIPTORS,

		/** Anything else. */
		OTHER;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

		/** Goes by the text of EMFILE and ENFILE: the JDK keeps no error number. */
		private static Cause of(IOException failure) {
			String message = failure.getMessage();
			return (message != null && message.startsWith("Too many open files")) ? DESCRIPTORS : OTHER;
		}

	}

	/** A failure as health shows it. */
	record Failure(Instant at, String message) {
	}

	private static final long SHORTEST_PAUSE = Duration.ofMillis(5).toNanos();

	private static final long LONGEST_PAUSE = Duration.ofSeconds(1).toNanos();

	private static final long LOG_INTERVAL = Duration.ofSeconds(1).toNanos();

	private static final Log logger = LogFactory.getLog(AcceptFailures.class);

	private final EchoMetrics metrics;

	private volatile @Nullable Failure last;

	private volatile boolean lasting;

	private long pause;

	private long retryAt;

	private long loggedAt = System.nanoTime() - LOG_INTERVAL;

	AcceptFailures(EchoMetrics metrics) {
		this.metrics = metrics;
	}

	void add(IOException failure, long now) {
		this.pause = this.lasting ? Math.min(this.pause * 2, LONGEST_PAUSE) : SHORTEST_PAUSE;
		this.retryAt = now + this.pause;
		this.lasting = true;
		this.last = new Failure(Instant.now(), String.valueOf(failure.getMessage()));
		this.metrics.acceptFailed(Cause.of(failure));
		if (mayLog(now)) {
			logger.warn("Cannot accept connections, not ready until it works again: " + failure.getMessage());
		}
	}

	void reset() {
		if (this.lasting) {
			this.lasting = false;
			if (mayLog(System.nanoTime())) {
				logger.info("Accepting connections again");
			}
		}
	}

	private boolean mayLog(long now) {
		boolean may = now - this.loggedAt >= LOG_INTERVAL;
		if (may) {
			this.loggedAt = now;
		}
		return may;
	}

	boolean isLasting() {
		return this.lasting;
	}

	boolean isRetryDue(long now) {
		return untilRetry(now) <= 0;
	}

	/** Nanoseconds to the next try. */
	long untilRetry(long now) {
		return this.retryAt - now;
	}

	/** The newest failure since the start, also when it is over. */
	@Nullable Failure last() {
		return this.last;
	}

}
