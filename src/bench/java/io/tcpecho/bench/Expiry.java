package io.tcpecho.bench;

import java.io.IOException;
import java.time.Duration;

import org.HdrHistogram.Histogram;

/**
 * How long another client waits at most while tcp-echo lets 10,000 clients go whose time
 * is over.
 *
 * @param crowd who is let go
 * @param connected of the crowd
 * @param let those of them that the server had let go when the measurement ended
 * @param before the other client's longest echo without a crowd, in milliseconds
 * @param waiting the same while the crowd waits, and the server's collector copies its
 * state
 * @param during the same while the crowd is let go
 * @param echoes of the other client in that time
 */
record Expiry(Crowd crowd, int connected, long let, double before, double waiting, double during, long echoes) {

	/** Who is let go. */
	enum Crowd {

		SILENT("send nothing"), NEVER_CLOSING("have their reply and never close");

		private final String what;

		Crowd(String what) {
			this.what = what;
		}

		String what() {
			return this.what;
		}

	}

	/** For so many to come, and to have their replies. */
	private static final Duration ARRIVAL = Duration.ofSeconds(3);

	/** Longer, so that the server's garbage is collected two or three times meanwhile. */
	private static final Duration TIMEOUT = ARRIVAL.plusSeconds(5);

	private static final Load.Bound WARM_UP = new Load.Bound(Duration.ofSeconds(30), 150_000);

	private static final Load.Bound WAITING = new Load.Bound(TIMEOUT.minus(ARRIVAL), Long.MAX_VALUE);

	private static final Load.Bound MEASURED = new Load.Bound(Duration.ofSeconds(6), Long.MAX_VALUE);

	static Server server(String jar) {
		return Server.tcpEcho(jar, "tcp-echo, timeouts of %d s".formatted(TIMEOUT.toSeconds()), "the packaged jar",
				"--echo.read-timeout=" + TIMEOUT, "--echo.linger.timeout=" + TIMEOUT);
	}

	static Expiry measure(ServerProcess process, Crowd crowd) throws IOException, InterruptedException {
		int port = process.port();
		Load.run(port, Scenario.MAIN, WARM_UP);
		process.awaitQuiet();
		System.gc();
		double before = longest(Load.run(port, Scenario.SINGLE, MEASURED).latencies());
		try (SilentClients clients = new SilentClients(port, Scenario.CROWDED.silent())) {
			if (crowd == Crowd.NEVER_CLOSING) {
				clients.exchange(new byte[Scenario.MESSAGE_SIZE]);
			}
			System.gc();
			double waiting = longest(Load.run(port, Scenario.SINGLE, WAITING).latencies());
			Histogram during = Load.run(port, Scenario.SINGLE, MEASURED).latencies();
			return new Expiry(crowd, clients.connected(), clients.gone(), before, waiting, longest(during),
					during.getTotalCount());
		}
	}

	private static double longest(Histogram latencies) {
		return latencies.getMaxValue() / 1e6;
	}

}
