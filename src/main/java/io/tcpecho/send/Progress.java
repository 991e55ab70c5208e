package io.tcpecho.send;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Supplier;

/**
 * How a drill stands, once a second, on one line of a terminal.
 */
final class Progress extends TimerTask {

	private static final String ERASE = "\r\033[K";

	private final PrintStream err;

	private final Supplier<String> line;

	private boolean closed;

	Progress(PrintStream err, Supplier<String> line) {
		this.err = err;
		this.line = line;
	}

	void start() {
		new Timer("progress", true).schedule(this, 1000, 1000);
	}

	/**
	 * Whether the process's standard error is a terminal. Java only knows whether
	 * standard input and output both are.
	 */
	@SuppressWarnings("SystemConsoleNull") // right for Java 22 to 24 only
	static boolean isTerminal() {
		try {
			String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
			return device.matches("/dev/(pts/|tty|console).*");
		}
		catch (IOException | UnsupportedOperationException ex) {
			return System.console() != null;
		}
	}

	@Override
	public synchronized void run() {
		if (!this.closed) {
			print(this.line.get());
		}
	}

	/** Takes the line away, for good, if there is one. */
	synchronized void close() {
		this.closed = true;
		if (cancel()) {
			print("");
		}
	}

	private void print(String text) {
		this.err.print(ERASE + text);
		this.err.flush();
	}

}
