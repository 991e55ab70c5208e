package io.tcpecho.send;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a series of exchanges came to.
 *
 * @param sent exchanges that ended
 * @param echoed those with the reply that they must have
 * @param lost those that did not end as expected
 * @param warmUp how many of those sent are left out of the times and the rate
 * @param times of those that ended as expected
 * @param seconds that the rate is of
 * @param gap the longest
 * @param failures by how they ended
 * @param instances who answered
 * @param otherInstances answers of instances that are not listed
 * @param clock tells the time of day
 * @param missed which limits, in words
 * @param exitCode of the whole
 */
record Summary(int sent, int echoed, int lost, int warmUp, Times times, double seconds, Gap gap,
		Map<Outcome, Tally.Sightings> failures, Map<Identity, Tally.Sightings> instances, int otherInstances,
		WallClock clock, List<String> missed, ExitCode exitCode) {

	boolean hasTimes() {
		return this.times.count() > 0;
	}

	/** Exchanges as expected, for each second. */
	double rate() {
		return (this.seconds > 0) ? this.times.count() / this.seconds : 0;
	}

	/**
	 * Tells the time of day of what was timed with {@link System#nanoTime()}.
	 *
	 * @param start the one
	 * @param instant the other, at the same time
	 */
	record WallClock(long start, Instant instant) {

		Instant at(long time) {
			return this.instant.plusNanos(time - this.start);
		}

	}

}
