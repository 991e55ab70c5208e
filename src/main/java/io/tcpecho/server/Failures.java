package io.tcpecho.server;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Failures, logged in proportion. Of faults of the service, which are errors, each kind,
 * the class of the root cause, has its first with its client and its stack; those that
 * follow are one line a second that says how many. After a minute without any of its kind
 * the next is the first again. Failures of {@code accept(2)} are one warning a second.
 * Thread-safe.
 */
final class Failures {

	/** The JVM's own, for {@code -XX:+ExitOnOutOfMemoryError}. */
	private static final int HALTED = 3;

	private static final Duration LAST_WORDS = Duration.ofMillis(500);

	private static final long QUIET = Duration.ofMinutes(1).toNanos();

	/** How far causes are followed: some go round. */
	private static final int MAX_CAUSES = 100;

	private static final Log log = LogFactory.getLog(Failures.class);

	/** Faults of one kind. */
	private static final class Kind {

		private long lastAt;

		private int unreported;

		private String newest = "";

	}

	/** Those of the last minute. */
	private final Map<Class<?>, Kind> kinds = new HashMap<>();

	private @Nullable IOException unreportedAccept;

	/**
	 * A fault of the service.
	 * @param client that it has cost its connection
	 */
	void fault(String client, Throwable fault) {
		haltIfFatal(fault);
		Throwable root = rootCause(fault);
		String line = "%s: %s".formatted(client, line(String.valueOf(root)));
		if (isFirst(root.getClass(), line)) {
			// Without the lock: a virtual thread that waits for the log, and then for a
			// carrier, would keep it from the watcher, which adds carriers.
			log.error("Failed for " + line, fault);
		}
	}

	/** Those that follow are left to {@link #report()}. */
	private synchronized boolean isFirst(Class<?> type, String line) {
		Kind known = this.kinds.get(type);
		Kind kind = (known == null) ? new Kind() : known;
		this.kinds.put(type, kind);
		kind.lastAt = System.nanoTime();
		if (known != null) {
			kind.unreported++;
			kind.newest = line;
		}
		return known == null;
	}

	synchronized void accept(IOException failure) {
		this.unreportedAccept = failure;
	}

	/** Says what has come since the last call; to be called once a second. */
	synchronized void report() {
		if (this.unreportedAccept != null) {
			log.warn("Cannot accept connections, not ready while that lasts: " + this.unreportedAccept.getMessage());
			this.unreportedAccept = null;
		}
		long now = System.nanoTime();
		this.kinds.values().removeIf((kind) -> kind.unreported == 0 && now - kind.lastAt >= QUIET);
		for (Kind kind : this.kinds.values()) {
			if (kind.unreported > 0) {
				log.error("Failed for %s more in a second, the last for %s".formatted(kind.unreported, kind.newest));
				kind.unreported = 0;
			}
		}
	}

	/**
	 * A message may have what a client has sent: no second line of the log, no colour.
	 */
	static String line(String message) {
		return message.replaceAll("\\p{Cntrl}", "?");
	}

	static Throwable rootCause(Throwable failure) {
		Throwable root = failure;
		for (int i = 0; i < MAX_CAUSES && root.getCause() != null; i++) {
			root = root.getCause();
		}
		return root;
	}

	/**
	 * Ends the process if the JVM can't go on, as when it is out of memory: whatever part
	 * of the service it has hit is in an unknown state, and a restart is better than a
	 * service that is deaf. A stack that has overflowed is free again, and harms nobody
	 * else.
	 */
	static void haltIfFatal(@Nullable Throwable failure) {
		Throwable cause = failure;
		for (int i = 0; i <= MAX_CAUSES && cause != null; i++) {
			if (cause instanceof VirtualMachineError && !(cause instanceof StackOverflowError)) {
				halt(cause);
			}
			cause = cause.getCause();
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
