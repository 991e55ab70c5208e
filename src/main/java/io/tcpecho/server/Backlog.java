package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many connections may wait to be accepted.
 *
 * @param wanted what listen(2) is given
 * @param inForce what the kernel makes of it
 */
record Backlog(int wanted, int inForce) {

	/** The kernel's cap (listen(2)), on Linux. */
	private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");

	static Backlog of(int wanted) {
		try {
			// Not readString: of a file of size 0 it reads one byte first, and here only
			// the first read gets anything.
			int most = Integer.parseInt(String.join("", Files.readAllLines(SOMAXCONN)));
			return new Backlog(wanted, Math.min(wanted, most));
		}
		catch (IOException | NumberFormatException ex) {
			return new Backlog(wanted, wanted);
		}
	}

	@Override
	public String toString() {
		return (this.inForce < this.wanted) ? "%s capped to %s by somaxconn".formatted(this.wanted, this.inForce)
				: String.valueOf(this.wanted);
	}

}
