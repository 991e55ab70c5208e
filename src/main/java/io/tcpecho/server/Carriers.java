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

	/** Without a wait, until one is taken away. */
	private static final Duration QUIET = Duration.ofSeconds(10);

	private static final VirtualThreadSchedulerMXBean SCHEDULER = ManagementFactory
		.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);

	private final boolean fixed = System.getProperty("jdk.virtualThreadScheduler.parallelism") != null;

	/** Since one was last wanted, or taken away. */
	private long quietSince;

	void start() {
		this.quietSince = System.nanoTime();
		set(1);
	}

	/**
	 * To be called ten times a second.
	 * @param late whether a virtual thread has waited since the last call for a carrier
	 */
	void adjust(boolean late) {
		long now = System.nanoTime();
		if (late || now - this.quietSince >= QUIET.toNanos()) {
			this.quietSince = now;
			set(late ? Math.min(count() + 1, Runtime.getRuntime().availableProcessors()) : Math.max(count() - 1, 1));
		}
	}

	private void set(int count) {
		if (!this.fixed && count != count()) {
			SCHEDULER.setParallelism(count);
			// Else no carrier that is idle would learn of it. By a thread of its own: the
			// scheduler is told of a task only by a queue that was empty, and in this
			// thread's the heartbeat waits (ForkJoinPool.WorkQueue.push).
			Thread.ofPlatform().daemon().start(() -> Thread.startVirtualThread(() -> {
			}));
		}
	}

	static int count() {
		return SCHEDULER.getParallelism();
	}

}
