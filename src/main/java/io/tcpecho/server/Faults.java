package io.tcpecho.server;

import java.time.Duration;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Faults of the service, logged in proportion: the first with its client and its stack,
 * those that follow as one line a second that says how many. After a minute without any
 * the next is the first again. Thread-safe.
 */
final class Faults {

	/** The JVM's own, for {@code -XX:+ExitOnOutOfMemoryError}. */
	private static final int HALTED = 3;

	private static final Duration LAST_WORDS = Duration.ofMillis(500);

	private static final long QUIET = Duration.ofMinutes(1).toNanos();

	private static final Log log = LogFactory.getLog(Faults.class);

	private long lastAt = System.nanoTime() - QUIET;

	private int unreported;

	private String newest = "";

	void add(String client, String what, @Nullable Throwable cause) {
		haltIfFatal(cause);
		if (count("%s: %s%s".formatted(client, what, (cause != null) ? ", " + cause : ""))) {
			// Without the lock: a virtual thread that waits for the log, and then for a
			// carrier, would keep it from the watcher, which adds carriers.
			log.error("Failed for %s: %s".formatted(client, what), cause);
		}
	}

	/** Whether it is the first; those that follow are left to {@link #report()}. */
	private synchronized boolean count(String fault) {
		long now = System.nanoTime();
		boolean first = now - this.lastAt >= QUIET;
		this.lastAt = now;
		if (!first) {
			this.unreported++;
			this.newest = fault;
		}
		return first;
	}

	/** Says what has come since the last call; to be called once a second. */
	synchronized void report() {
		if (this.unreported > 0) {
			log.error("Failed for %s more in a second, the last %s".formatted(this.unreported, this.newest));
			this.unreported = 0;
		}
	}

	/**
	 * Ends the process if the JVM can't go on: out of memory or stack, whatever part of
	 * the service it has hit is in an unknown state, and a restart is better than a
	 * service that is deaf.
	 */
	static void haltIfFatal(@Nullable Throwable fault) {
		for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
			if (cause instanceof VirtualMachineError) {
				halt(cause);
			}
		}
	}

	private static void halt(Throwable cause) {
		try {
			// On a thread of its own: nobody may be reading what it prints.
			Thread printer = Thread.ofPlatform()
				.daemon()
				.start(() -> System.err.println("tcp-echo ends at once, the JVM cannot go on: " + cause));
			printer.join(LAST_WORDS);
		}
		catch (Throwable ex) {
			// There is no room for last words.
		}
		finally {
			Runtime.getRuntime().halt(HALTED);
		}
	}

}
