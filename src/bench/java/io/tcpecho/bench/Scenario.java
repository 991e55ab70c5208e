package io.tcpecho.bench;

import java.util.List;
import java.util.Locale;

/**
 * What is asked of a server.
 *
 * @param clients that each send one message after another, with a connection for each
 * @param silent clients that connect before, stay, and send nothing
 * @param handshake with which each connection begins
 */
record Scenario(int clients, int silent, Handshake handshake) {

	/** Of TLS. */
	enum Handshake {

		NONE, FULL, RESUMED

	}

	/** Of all messages, in bytes: the most that the wire contract takes by default. */
	static final int MESSAGE_SIZE = 100;

	/** The one that the short table and the latency curves are about. */
	static final Scenario MAIN = new Scenario(64, 0, Handshake.NONE);

	static final Scenario SINGLE = new Scenario(1, 0, Handshake.NONE);

	static final Scenario CROWDED = new Scenario(64, 10_000, Handshake.NONE);

	/** In the order in which each process is asked for them. */
	static final List<Scenario> ALL = List.of(MAIN, SINGLE, CROWDED);

	/** Of servers with TLS. */
	static final List<Scenario> TLS = List.of(new Scenario(8, 0, Handshake.FULL),
			new Scenario(8, 0, Handshake.RESUMED));

	Scenario besideNone() {
		return new Scenario(this.clients, 0, this.handshake);
	}

	String title() {
		String title = (this.clients == 1) ? "1 client" : this.clients + " clients";
		if (this.handshake != Handshake.NONE) {
			title += ", handshakes " + this.handshake.name().toLowerCase(Locale.ROOT);
		}
		return (this.silent == 0) ? title : title + " beside %,d silent ones".formatted(this.silent);
	}

}
