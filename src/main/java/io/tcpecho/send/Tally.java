package io.tcpecho.send;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often each of something was seen, in the order in which it was first seen.
 */
final class Tally<K> {

	/** A service that tells another name each time must not fill the memory. */
	private static final int MOST = 1000;

	private final Map<K, Sightings> sightings = new LinkedHashMap<>();

	private int others;

	void add(K seen, Instant when, String description) {
		if (this.sightings.size() < MOST || this.sightings.containsKey(seen)) {
			this.sightings.merge(seen, new Sightings(1, when, when, description), Sightings::and);
		}
		else {
			this.others++;
		}
	}

	Map<K, Sightings> sightings() {
		return this.sightings;
	}

	/** How often something was seen that there is no place for. */
	int others() {
		return this.others;
	}

	/**
	 * How often something was seen, and when first and last.
	 *
	 * @param description of the first
	 */
	record Sightings(int count, Instant first, Instant last, String description) {

		private Sightings and(Sightings next) {
			return new Sightings(this.count + next.count, this.first, next.last, this.description);
		}

	}

}
