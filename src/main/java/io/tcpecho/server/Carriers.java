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
		if (late) {
			this.quietSince = now;
			set(Math.min(count() + 1, Runtime.getRuntime().availableProcessors()));
			if (!this.fixed && count() > 1) {
				wake();
			}
		}
		else if (now - this.quietSince >= QUIET.toNanos()) {
			this.quietSince = now;
			set(Math.max(count() - 1, 1));
		}
	}

	private void set(int count) {
		if (!this.fixed) {
			SCHEDULER.setParallelism(count);
		}
	}

	/**
	 * Tells an idle carrier that it may run, which nobody else does. The scheduler is
	 * told of a task only by a queue that was empty (ForkJoinPool.WorkQueue.push): not by
	 * this thread's, in which the heartbeat waits. A new thread has any of the queues, by
	 * chance one that is not empty, so this is tried with each late beat.
	 */
	private static void wake() {
		Thread.ofPlatform().daemon().start(() -> Thread.startVirtualThread(() -> {
		}));
	}

	static int count() {
		return SCHEDULER.getParallelism();
	}

}
