package io.tcpecho.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What was found of fresh processes of one server.
 */
final class Startup {

	private final Server server;

	private final List<Double> firstEchoMilliseconds = new ArrayList<>();

	private final List<Double> silentKilobytes = new ArrayList<>();

	Startup(Server server) {
		this.server = server;
	}

	Server server() {
		return this.server;
	}

	/** From the start of each process to its first echo. */
	List<Double> firstEchoMilliseconds() {
		return this.firstEchoMilliseconds;
	}

	/**
	 * What each silent client has added to the memory; nothing where not all of them
	 * could connect.
	 */
	List<Double> silentKilobytes() {
		return this.silentKilobytes;
	}

	void addFirstEcho(Duration time) {
		this.firstEchoMilliseconds.add(time.toNanos() / 1e6);
	}

	/**
	 * Lets silent clients connect to a process whose heap is all resident.
	 * @see ServerProcess#footprint()
	 */
	void addSilent(ServerProcess process, int count) throws IOException, InterruptedException {
		int first = count / 10;
		try (SilentClients warmUp = new SilentClients(process.port(), first)) {
			if (warmUp.connected() < first) {
				return;
			}
			process.awaitQuiet();
			// A second collection takes what waits for its cleaner in the first.
			process.footprint();
			long before = process.footprint();
			try (SilentClients silent = new SilentClients(process.port(), count - first)) {
				if (silent.connected() == count - first) {
					process.awaitQuiet();
					this.silentKilobytes.add((process.footprint() - before) / 1e3 / silent.connected());
				}
			}
		}
	}

}
