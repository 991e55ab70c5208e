package io.tcpecho.send;

/**
 * The longest time in which no exchange ended as expected, whichever lane it was on: the
 * length of an outage as clients saw it. All times are {@link System#nanoTime()}. Not
 * thread-safe.
 */
final class Gap {

	private long last;

	private long from;

	private long to;

	Gap(long start) {
		this.last = start;
		this.from = start;
		this.to = start;
	}

	/**
	 * An exchange ended as expected.
	 * @param counts whether the gap that it ends does: not in the warm-up. One that began
	 * there does, and as a whole.
	 */
	void end(long time, boolean counts) {
		if (counts && time - this.last > this.to - this.from) {
			this.from = this.last;
			this.to = time;
		}
		this.last = time;
	}

	/** Nothing was started any more. */
	void stop(long time) {
		if (time - this.last > 0) {
			end(time, true);
		}
	}

	/** When the last exchange ended as expected, or the start. */
	long last() {
		return this.last;
	}

	long from() {
		return this.from;
	}

	long to() {
		return this.to;
	}

	long nanoseconds() {
		return this.to - this.from;
	}

}
