package io.tcpecho.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether tcp-echo's rate grows with its listeners. Each thread of a listener gets the
 * same fifth of a processor, as if it had a slow one for itself: four can then be seen at
 * work on one processor, and a load that is one thread can keep up with them.
 */
final class Scale {

	static final List<Integer> LISTENERS = List.of(1, 2, 4);

	static final int PERCENT = 20;

	/** Of version 1: with version 2 a thread's share cannot be bounded so simply. */
	private static final Path CONTROLLER = Path.of("/sys/fs/cgroup/cpu");

	private static final String THREADS = "echo-";

	private static final Duration PERIOD = Duration.ofMillis(10);

	private final List<Path> groups = new ArrayList<>();

	static boolean isPossible() {
		return Files.isWritable(CONTROLLER.resolve("tasks"));
	}

	static List<Server> servers(String jar) {
		return LISTENERS.stream()
			.map((count) -> Server.tcpEcho(jar, "tcp-echo, listeners " + count,
					"%d listeners, each with %d %% of a processor".formatted(count, PERCENT),
					"--echo.listeners=" + count))
			.toList();
	}

	/**
	 * Gives each listener of a process its share.
	 * @param count of the listeners
	 */
	void throttle(ServerProcess process, int count) throws IOException {
		long micros = PERIOD.toNanos() / 1000;
		int found = 0;
		try (var tasks = Files.newDirectoryStream(Path.of("/proc", String.valueOf(process.pid()), "task"))) {
			for (Path task : tasks) {
				if (Files.readString(task.resolve("comm")).startsWith(THREADS)) {
					Path group = CONTROLLER.resolve("tcp-echo-bench-%d-%d".formatted(count, found++));
					Files.createDirectories(group);
					this.groups.add(group);
					Files.writeString(group.resolve("cpu.cfs_period_us"), String.valueOf(micros));
					Files.writeString(group.resolve("cpu.cfs_quota_us"), String.valueOf(micros * PERCENT / 100));
					Files.writeString(group.resolve("tasks"), String.valueOf(task.getFileName()));
				}
			}
		}
		if (found != count) {
			throw new IllegalStateException(
					"%s has %d threads named %s…, not %d".formatted(process.server().name(), found, THREADS, count));
		}
	}

	/** Once the processes have ended. */
	void removeGroups() throws IOException {
		for (Path group : this.groups) {
			Files.deleteIfExists(group);
		}
	}

}
