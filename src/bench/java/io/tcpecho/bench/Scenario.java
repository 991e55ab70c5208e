package io.tcpecho.bench;

import java.util.List;

/**
 * What is asked of a server.
 *
 * @param clients that each send one message after another, with a connection for each
 * @param silent clients that connect before, stay, and send nothing
 */
record Scenario(int clients, int silent) {

	/** Of all messages, in bytes: the most that the wire contract takes by default. */
	static final int MESSAGE_SIZE = 100;

	/** The one that the short table and the latency curves are about. */
	static final Scenario MAIN = new Scenario(64, 0);

	static final Scenario SINGLE = new Scenario(1, 0);

	static final Scenario CROWDED = new Scenario(64, 10_000);

	/** In the order in which each process is asked for them. */
	static final List<Scenario> ALL = List.of(MAIN, SINGLE, CROWDED);

	Scenario besideNone() {
		return new Scenario(this.clients, 0);
	}

	String title() {
		String title = (this.clients == 1) ? "1 client" : this.clients + " clients";
		return (this.silent == 0) ? title : title + " beside %,d silent ones".formatted(this.silent);
	}

}
