package io.tcpecho.send;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How a drill stands, once a second, on one line of a terminal.
 */
final class Progress implements AutoCloseable {

	private static final String ERASE = "\r\033[K";

	private final PrintStream err;

	private final Supplier<String> line;

	private final CountDownLatch closed = new CountDownLatch(1);

	private boolean started;

	Progress(PrintStream err, Supplier<String> line) {
		this.err = err;
		this.line = line;
	}

	void start() {
		this.started = true;
		Thread.ofPlatform().daemon().name("progress").start(this::run);
	}

	/**
	 * Whether the process's standard error is a terminal. Java only knows whether
	 * standard input and output both are.
	 */
	@SuppressWarnings("SystemConsoleNull") // right for Java 22 to 24 only
	static boolean isTerminal() {
		Path descriptor = Path.of("/proc/self/fd/2");
		try {
			return Files.isSymbolicLink(descriptor)
					? Files.readSymbolicLink(descriptor).toString().matches("/dev/(pts/|tty|console).*")
					: System.console() != null;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private void run() {
		try {
			while (!this.closed.await(1, TimeUnit.SECONDS)) {
				print();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private synchronized void print() {
		if (this.closed.getCount() > 0) {
			this.err.print(ERASE + this.line.get());
			this.err.flush();
		}
	}

	/** Takes the line away, for good. */
	@Override
	public synchronized void close() {
		if (this.started && this.closed.getCount() > 0) {
			this.closed.countDown();
			this.err.print(ERASE);
			this.err.flush();
		}
	}

}
