package io.tcpecho.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * Where the benchmark runs, and which processors the servers and the load get.
 *
 * @param serverPrefix what a server's command begins with
 * @param facts for the report
 */
record Machine(List<String> serverPrefix, Map<String, String> facts) {

	/**
	 * Gives servers the processors they shall have, and this process the others.
	 * @param cpus a list as taskset(1) takes it, or "all" for no placement
	 */
	static Machine place(String cpus) throws IOException {
		Map<String, String> facts = look();
		BitSet allowed = parse(value("/proc/self/status", "Cpus_allowed_list"));
		BitSet others = (BitSet) allowed.clone();
		if (!cpus.equals("all")) {
			others.andNot(parse(cpus));
		}
		boolean placed = !others.equals(allowed) && !others.isEmpty()
				&& !output("taskset", "-a", "-c", "-p", list(others), String.valueOf(ProcessHandle.current().pid()))
					.isEmpty();
		facts.put("placement", placed ? "servers on processor %s, load on %s".formatted(cpus, list(others))
				: "none: servers and load share all processors");
		return new Machine(placed ? List.of("taskset", "-c", cpus) : List.of(), facts);
	}

	private static Map<String, String> look() throws IOException {
		Map<String, String> facts = new LinkedHashMap<>();
		facts.put("date",
				ZonedDateTime.now(ZoneOffset.UTC)
					.truncatedTo(ChronoUnit.MINUTES)
					.format(DateTimeFormatter.ISO_OFFSET_DATE_TIME));
		facts.put("commit", commit());
		facts.put("processor", value("/proc/cpuinfo", "model name") + " (" + System.getProperty("os.arch") + "), "
				+ Runtime.getRuntime().availableProcessors() + " cores");
		facts.put("memory",
				"%.0f GB".formatted(Long.parseLong(value("/proc/meminfo", "MemTotal").split(" ", -1)[0]) * 1024 / 1e9));
		facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
		facts.put("JDK", System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
		return facts;
	}

	private static String commit() throws IOException {
		Properties git = new Properties();
		try (InputStream properties = Machine.class.getResourceAsStream("/git.properties")) {
			if (properties == null) {
				return "unknown";
			}
			git.load(properties);
		}
		return git.getProperty("git.commit.id.abbrev")
				+ (Boolean.parseBoolean(git.getProperty("git.dirty")) ? ", with changes" : "");
	}

	/** The first value of that name in a file of lines "name: value". */
	static String value(String file, String name) throws IOException {
		try (var lines = Files.lines(Path.of(file))) {
			return lines.filter((line) -> line.startsWith(name))
				.map((line) -> line.substring(line.indexOf(':') + 1).strip())
				.findFirst()
				.orElse("unknown");
		}
	}

	/** How many files a process may have open. */
	static long descriptors() throws IOException {
		// The JVM raises its soft limit to the hard one.
		try (var limits = Files.lines(Path.of("/proc/self/limits"))) {
			String limit = limits.filter((line) -> line.startsWith("Max open files")).findFirst().orElseThrow();
			return Long.parseLong(limit.split(" +", -1)[3]);
		}
	}

	/** What a command prints; nothing where there is no such command, or it fails. */
	static List<String> output(String... command) {
		try {
			Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
			List<String> lines = process.inputReader().lines().toList();
			return (process.waitFor() == 0) ? lines : List.of();
		}
		catch (IOException ex) {
			return List.of();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Reads a list such as "0,2-3". */
	private static BitSet parse(String cpus) {
		BitSet set = new BitSet();
		for (String range : cpus.split(",", -1)) {
			String[] ends = range.split("-", -1);
			set.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
		}
		return set;
	}

	private static String list(BitSet cpus) {
		return cpus.stream().mapToObj(String::valueOf).collect(Collectors.joining(","));
	}

}
