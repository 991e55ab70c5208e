package io.tcpecho.send;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How a drill stands, once a second, on one line of a terminal.
 */
final class Progress implements AutoCloseable {

	private static final String ERASE = "\r\033[K";

	private final PrintStream err;

	private final Series series;

	private final Expectation expectation;

	private final CountDownLatch closed = new CountDownLatch(1);

	private boolean started;

	private int before;

	Progress(PrintStream err, Series series, Expectation expectation) {
		this.err = err;
		this.series = series;
		this.expectation = expectation;
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
		if (this.closed.getCount() == 0) {
			return;
		}
		Series.Standing now = this.series.standing();
		int asExpected = now.sent() - now.lost();
		this.err.print("%s%d/s, %d lost, %.1f s without %s".formatted(ERASE, asExpected - this.before, now.lost(),
				now.sinceLast().toMillis() / 1000.0, this.expectation.noun()));
		this.err.flush();
		this.before = asExpected;
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
