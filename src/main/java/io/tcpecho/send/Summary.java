package io.tcpecho.send;

import java.util.List;

/**
 * What a series of exchanges came to.
 *
 * @param sent exchanges that ended
 * @param echoed those with the reply that they must have
 * @param lost those that did not end as expected
 * @param nanoseconds of those that did, in ascending order
 * @param exitCode the verdict on the first that did not
 */
record Summary(int sent, int echoed, int lost, List<Long> nanoseconds, ExitCode exitCode) {

	boolean hasTimes() {
		return !this.nanoseconds.isEmpty();
	}

	long min() {
		return this.nanoseconds.getFirst();
	}

	long average() {
		return Math.round(this.nanoseconds.stream().mapToLong(Long::longValue).average().orElseThrow());
	}

	/** The shortest time that 99 of 100 do not exceed. */
	long p99() {
		return this.nanoseconds.get(Math.ceilDiv(this.nanoseconds.size() * 99, 100) - 1);
	}

	long max() {
		return this.nanoseconds.getLast();
	}

}
