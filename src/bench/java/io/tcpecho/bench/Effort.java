package io.tcpecho.bench;

import java.time.Duration;

/**
 * How much is done.
 *
 * @param startups rounds of mere starts, beside that for the scenarios
 * @param silentRounds rounds in which fresh processes get silent clients only
 * @param rounds of each scenario
 * @param duration of one measurement
 * @param warmUp connections of a new JVM in its first scenario. Its compiler needs some
 * ten thousands. Each of the first 15 young collections (-XX:MaxTenuringThreshold) copies
 * what Spring's start has left; with the default heap they are over after some 350,000
 * @param tlsWarmUp of a new JVM with TLS, whose first handshakes cost ten times as much
 * @param nextWarmUp in each scenario after that, and in the first of what is no JVM
 */
record Effort(int startups, int silentRounds, int rounds, Duration duration, int warmUp, Duration tlsWarmUp,
		Duration nextWarmUp) {

	static final Effort FULL = new Effort(2, 2, 5, Duration.ofSeconds(2), 500_000, Duration.ofSeconds(30),
			Duration.ofSeconds(2));

	static final Effort QUICK = new Effort(0, 1, 2, Duration.ofSeconds(1), 20_000, Duration.ofSeconds(3),
			Duration.ofMillis(500));

}
