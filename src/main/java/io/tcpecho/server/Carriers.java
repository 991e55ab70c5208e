package io.tcpecho.server;

import java.lang.management.ManagementFactory;
import java.time.Duration;

import jdk.management.VirtualThreadSchedulerMXBean;

/**
 * The carriers of the JVM's virtual threads. One is cheapest, because carriers wake each
 * other up; but one handler that computes holds up all that a single carrier serves. So
 * there is one, and another while virtual threads wait too long for theirs, up to one per
 * processor. A {@code jdk.virtualThreadScheduler.parallelism} of the user's stays. For
 * the {@link Watcher}'s thread, but for {@link #count()}.
 */
final class Carriers {

	/** A wait that calls for one more. */
	private static final Duration LATE = Duration.ofMillis(100);

	/** Without such a wait, until one is taken away. */
	private static final Duration QUIET = Duration.ofSeconds(10);

	private static final VirtualThreadSchedulerMXBean SCHEDULER = ManagementFactory
		.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);

	private final boolean fixed = System.getProperty("jdk.virtualThreadScheduler.parallelism") != null;

	private long changedAt;

	void start() {
		set(1);
	}

	/**
	 * To be called often.
	 * @param wait how long a virtual thread has waited for a carrier
	 */
	void adjust(Duration wait) {
		int count = count();
		if (wait.compareTo(LATE) >= 0) {
			set(Math.min(count + 1, Runtime.getRuntime().availableProcessors()));
		}
		else if (count > 1 && System.nanoTime() - this.changedAt >= QUIET.toNanos()) {
			set(count - 1);
		}
	}

	private void set(int count) {
		if (!this.fixed) {
			SCHEDULER.setParallelism(count);
			// Else no carrier that is idle would learn of it. By a thread of its own: the
			// scheduler is told of a task only by a queue that was empty, and in this
			// thread's the heartbeat waits (ForkJoinPool.WorkQueue.push).
			Thread.ofPlatform().daemon().start(() -> Thread.startVirtualThread(() -> {
			}));
			this.changedAt = System.nanoTime();
		}
	}

	/** Carriers in force. */
	static int count() {
		return SCHEDULER.getParallelism();
	}

}
