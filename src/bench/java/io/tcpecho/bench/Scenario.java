package io.tcpecho.bench;

/**
 * What is asked of a server.
 *
 * @param clients that each send one message after another, with a connection for each
 * @param silent clients that connect before, stay, and send nothing
 * @param messageSize in bytes
 */
record Scenario(int clients, int silent, int messageSize) {

	/** The one that the short table and the latency curves are about. */
	static final Scenario MAIN = new Scenario(64, 0, 100);

	static final Scenario SINGLE = new Scenario(1, 0, 100);

	static final Scenario SPARSE = new Scenario(64, 1_000, 100);

	static final Scenario CROWDED = new Scenario(64, 10_000, 100);

	static final Scenario LARGE = new Scenario(64, 0, 10_000);

	Scenario besideNone() {
		return new Scenario(this.clients, 0, this.messageSize);
	}

	String title() {
		String title = (this.clients == 1) ? "1 client" : this.clients + " clients";
		if (this.silent > 0) {
			title += " beside %,d silent ones".formatted(this.silent);
		}
		return (this.messageSize == MAIN.messageSize) ? title
				: title + ", messages of %,d bytes".formatted(this.messageSize);
	}

}
