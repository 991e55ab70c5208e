package io.tcpecho.send;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often something was seen, and when first and last. Not thread-safe.
 *
 * @param <K> what was seen
 */
final class Tally<K> {

	/** A service that tells another name each time must not fill the memory. */
	private static final int MOST = 1000;

	private final Map<K, Sightings> sightings = new LinkedHashMap<>();

	private int others;

	/**
	 * How often, and when.
	 *
	 * @param count at least 1
	 * @param first {@link System#nanoTime()}
	 * @param last {@link System#nanoTime()}
	 * @param note what was said the first time
	 */
	record Sightings(int count, long first, long last, String note) {

		private Sightings and(Sightings next) {
			return new Sightings(this.count + next.count, this.first, next.last, this.note);
		}

	}

	void add(K key, long time, String note) {
		if (this.sightings.size() < MOST || this.sightings.containsKey(key)) {
			this.sightings.merge(key, new Sightings(1, time, time, note), Sightings::and);
		}
		else {
			this.others++;
		}
	}

	/** In the order in which they were first seen. */
	Map<K, Sightings> sightings() {
		return this.sightings;
	}

	/** How often one was seen that there is no place for. */
	int others() {
		return this.others;
	}

}
