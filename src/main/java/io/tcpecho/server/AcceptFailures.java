package io.tcpecho.server;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Failures of {@code accept(2)}: counted by their cause, and said once a second.
 * Thread-safe.
 */
final class AcceptFailures {

	enum Cause {

		/** The process, or the machine, has no file descriptor left. */
		DESCRIPTORS,

		OTHER;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

		/** By a try: what the failure says has the system's language. */
		private static Cause now() {
			try (DatagramChannel _ = DatagramChannel.open()) {
				return OTHER;
			}
			catch (IOException ex) {
				return DESCRIPTORS;
			}
		}

	}

	/** A failure as health shows it. */
	record Failure(Instant at, String message) {
	}

	private static final Log log = LogFactory.getLog(AcceptFailures.class);

	private final Map<Cause, Long> counts = new EnumMap<>(Cause.class);

	private @Nullable Failure last;

	private boolean unsaid;

	AcceptFailures() {
		// What a try takes is loaded while there are descriptors.
		Cause.now();
	}

	synchronized void add(IOException failure) {
		this.counts.merge(Cause.now(), 1L, Long::sum);
		this.last = new Failure(Instant.now(), String.valueOf(failure.getMessage()));
		this.unsaid = true;
	}

	/** Says what has failed since the last call; to be called once a second. */
	synchronized void report() {
		if (this.last != null && this.unsaid) {
			log.warn("Cannot accept connections, not ready while that lasts: " + this.last.message());
			this.unsaid = false;
		}
	}

	/** The newest failure since the start, also when it is over. */
	synchronized @Nullable Failure last() {
		return this.last;
	}

	synchronized long count(Cause cause) {
		return this.counts.getOrDefault(cause, 0L);
	}

}
