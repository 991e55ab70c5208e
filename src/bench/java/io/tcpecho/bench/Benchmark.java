package io.tcpecho.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.tcpecho.bench.Scenario.Handshake;
import org.HdrHistogram.Histogram;

/**
 * Measures servers in turn, A B A B, and writes the report. Each has a process of its
 * own, which rests while another is measured.
 */
final class Benchmark {

	private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

	private static final Path OUTPUT = Path.of(property("bench.output"));

	/** Below those that the kernel takes for outgoing connections. */
	private static final int FIRST_PORT = 24201;

	/** What tcp-echo needs for its limit, with its reserve; more than anybody else. */
	private static final int DESCRIPTORS = 12_500;

	private static final Duration WARM_UP_BOUND = Duration.ofSeconds(30);

	private final Effort effort;

	private final TlsLoad tlsLoad;

	private final Machine machine;

	private final Map<Server, Integer> ports = new HashMap<>();

	private final List<String> jvmOptions;

	private final List<Startup> startups;

	private final List<Cell> cells = new ArrayList<>();

	private final List<Expiry> expiries = new ArrayList<>();

	private Benchmark(Effort effort, TlsLoad tlsLoad, Machine machine, List<Server> servers, List<String> jvmOptions) {
		this.effort = effort;
		this.tlsLoad = tlsLoad;
		this.machine = machine;
		this.jvmOptions = jvmOptions;
		this.startups = servers.stream().map(Startup::new).toList();
	}

	static void main() throws Exception {
		long start = System.nanoTime();
		if (!Files.exists(Path.of("/proc/self/stat"))) {
			throw new IllegalStateException("The benchmark reads /proc: it needs Linux");
		}
		long descriptors = Machine.descriptors();
		if (descriptors < DESCRIPTORS) {
			throw new IllegalStateException("Servers get 10,000 silent clients: allow %d open files (ulimit -n), not %d"
				.formatted(DESCRIPTORS, descriptors));
		}
		boolean quick = Boolean.getBoolean("bench.quick");
		String cpus = property("bench.cpus");
		String options = property("bench.jvm").strip();
		Machine machine = Machine.place(cpus);
		machine.facts().put("JVM options of the servers", options.isEmpty() ? "none" : "`%s`".formatted(options));
		machine.facts()
			.put("command",
					"`./mvnw -Pbench verify%s%s%s`".formatted(quick ? " -Dbench.quick" : "",
							cpus.equals("0") ? "" : " -Dbench.cpus=" + cpus,
							options.isEmpty() ? "" : " \"-Dbench.jvm=" + options + "\""));
		Effort effort = quick ? Effort.QUICK : Effort.FULL;
		machine.facts()
			.put("warm-up",
					"of a JVM %,d connections, at most %d s; with TLS %d s; of others, and in later scenarios, %.1f s"
						.formatted(effort.warmUp(), WARM_UP_BOUND.toSeconds(), effort.tlsWarmUp().toSeconds(),
								effort.nextWarmUp().toMillis() / 1e3));
		machine.facts().put("rounds", "%d of %.1f s".formatted(effort.rounds(), effort.duration().toMillis() / 1e3));
		Files.createDirectories(OUTPUT);
		Certificate certificate = Certificate.in(OUTPUT);
		Benchmark benchmark = new Benchmark(effort, new TlsLoad(certificate.sockets()), machine,
				Server.all(property("bench.jar"), OUTPUT),
				options.isEmpty() ? List.of() : List.of(options.split(" +", -1)));
		benchmark.measureExpiry(Expiry.server(property("bench.jar")));
		benchmark.measureStartups();
		benchmark.measureSilent();
		benchmark.measure(Scenario.ALL, benchmark.startups);
		benchmark.measure(Scenario.TLS,
				Server.withTls(property("bench.jar"), OUTPUT, certificate).stream().map(Startup::new).toList());
		machine.facts().put("took", "%.1f minutes".formatted((System.nanoTime() - start) / 60e9));
		boolean flawless = benchmark.report();
		System.exit(flawless ? 0 : 1);
	}

	/** A system property that is there. */
	static String property(String name) {
		return Objects.requireNonNull(System.getProperty(name), name);
	}

	private void measureStartups() throws IOException, InterruptedException {
		for (int round = 0; round < this.effort.startups(); round++) {
			for (Startup startup : rotated(this.startups, round)) {
				start(startup).close();
			}
		}
	}

	private void measureSilent() throws IOException, InterruptedException {
		for (int round = 0; round < this.effort.silentRounds(); round++) {
			for (Startup startup : rotated(this.startups, round)) {
				try (ServerProcess process = start(startup.server(),
						List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch"))) {
					startup.addSilent(process, Scenario.CROWDED.silent());
					say("%s: memory of silent clients measured".formatted(startup.server().name()));
				}
			}
		}
	}

	private ServerProcess start(Startup startup) throws IOException, InterruptedException {
		ServerProcess process = start(startup.server(), List.of());
		startup.addFirstEcho(process.timeToFirstEcho());
		say("%s: first echo after %,d ms".formatted(startup.server().name(), process.timeToFirstEcho().toMillis()));
		return process;
	}

	private ServerProcess start(Server server, List<String> extraOptions) throws IOException, InterruptedException {
		int port = this.ports.computeIfAbsent(server, (unknown) -> FIRST_PORT + this.ports.size());
		List<String> options = new ArrayList<>(this.jvmOptions);
		options.addAll(extraOptions);
		Path log = OUTPUT.resolve(server.name().replaceAll("\\W+", "-") + ".log");
		ServerProcess process = ServerProcess.start(server, port, options, this.machine, log);
		process.awaitQuiet();
		return process;
	}

	/** All with the same processes. */
	private void measure(List<Scenario> scenarios, List<Startup> startups) throws IOException, InterruptedException {
		List<ServerProcess> processes = new ArrayList<>();
		try {
			for (Startup startup : startups) {
				ServerProcess process = start(startup);
				processes.add(process);
				process.rest();
			}
			for (Scenario scenario : scenarios) {
				measure(scenario, processes);
			}
		}
		finally {
			processes.forEach(ServerProcess::close);
		}
	}

	private void measureExpiry(Server server) throws IOException, InterruptedException {
		for (Expiry.Crowd crowd : Expiry.Crowd.values()) {
			try (ServerProcess process = start(server, List.of())) {
				this.expiries.add(Expiry.measure(process, crowd));
				say(this.expiries.getLast().toString());
			}
		}
	}

	private void measure(Scenario scenario, List<ServerProcess> processes) throws IOException, InterruptedException {
		List<Cell> row = processes.stream().map((process) -> new Cell(process.server(), scenario)).toList();
		this.cells.addAll(row);
		Load.Bound measured = new Load.Bound(this.effort.duration(), Long.MAX_VALUE);
		for (int round = 0; round <= this.effort.rounds(); round++) {
			for (Cell cell : rotated(row, round)) {
				ServerProcess process = processes.get(row.indexOf(cell));
				if (cell.givenUp() == null) {
					process.resume();
					measure(process, cell, round, (round == 0) ? warmUp(process, scenario) : measured);
					process.awaitQuiet();
					process.rest();
					say("%s, %s, %s: %s".formatted(cell.scenario().title(), (round == 0) ? "warm-up" : "round " + round,
							process.server().name(), progress(cell, round)));
				}
			}
		}
	}

	private Load.Bound warmUp(ServerProcess process, Scenario scenario) {
		if (process.isJvm() && scenario.equals(Scenario.ALL.getFirst())) {
			return new Load.Bound(WARM_UP_BOUND, this.effort.warmUp());
		}
		boolean firstTls = process.isJvm() && scenario.equals(Scenario.TLS.getFirst());
		return new Load.Bound(firstTls ? this.effort.tlsWarmUp() : this.effort.nextWarmUp(), Long.MAX_VALUE);
	}

	/** Round 0 is the warm-up. */
	private void measure(ServerProcess process, Cell cell, int round, Load.Bound bound)
			throws IOException, InterruptedException {
		Scenario scenario = cell.scenario();
		try (SilentClients silent = new SilentClients(process.port(), scenario.silent())) {
			if (silent.connected() < scenario.silent()) {
				cell.giveUp("%,d of %,d silent clients connected".formatted(silent.connected(), scenario.silent()));
				return;
			}
			process.awaitQuiet();
			// Else this process might stop for it while it measures.
			System.gc();
			long collections = Load.collections();
			ServerProcess.Cpu start = process.cpu();
			Load.Result result = (scenario.handshake() == Handshake.NONE) ? Load.run(process.port(), scenario, bound)
					: this.tlsLoad.run(process.port(), scenario, bound.duration());
			ServerProcess.Cpu end = process.cpu();
			cell.count(result, silent.cut());
			if (result.echoed() == 0 || !process.isAlive()) {
				cell.giveUp(process.isAlive() ? "no echo" : "its process has ended");
			}
			else if (round > 0) {
				double echoed = result.echoed();
				Histogram latencies = result.latencies();
				cell.add(new Measurement(round, result.inTime() / (bound.duration().toNanos() / 1e9),
						latencies.getValueAtPercentile(50) / 1e6, latencies.getValueAtPercentile(99) / 1e6,
						latencies.getValueAtPercentile(99.9) / 1e6, latencies.getMaxValue() / 1e6,
						(end.user() - start.user()) / echoed, (end.system() - start.system()) / echoed,
						process.resident() / 1e6, Load.collections() - collections), latencies);
			}
		}
	}

	private static String progress(Cell cell, int round) {
		String failed = "failed: " + cell.failureText();
		if (round == 0 || cell.givenUp() != null) {
			return failed;
		}
		Measurement last = cell.measurements().getLast();
		return "%,.0f connections/s, %.1f µs CPU each, p99.9 %.2f ms, %s".formatted(last.connectionsPerSecond(),
				last.cpu(), last.p999(), failed);
	}

	/** Whoever comes first has the coolest processor: each in turn. */
	private static <T> List<T> rotated(List<T> list, int round) {
		List<T> rotated = new ArrayList<>(list);
		Collections.rotate(rotated, -round);
		return rotated;
	}

	/** Tells whether tcp-echo itself did all it was asked for. */
	private boolean report() throws IOException {
		Report report = new Report(this.machine, this.startups, this.cells, this.expiries);
		Files.writeString(OUTPUT.resolve("report.md"), report.markdown());
		Files.writeString(OUTPUT.resolve("report.json"), report.json());
		Charts.writeLatencies(this.cells, OUTPUT.resolve(Report.LATENCIES));
		Charts.writeCost(this.cells, OUTPUT.resolve(Report.COST));
		say("The report is in %s".formatted(OUTPUT));
		List<Cell> flawed = this.cells.stream()
			.filter((cell) -> cell.server().name().startsWith(Server.BASELINE) && !cell.isFlawless())
			.toList();
		flawed.forEach((cell) -> say("%s has failed with %s: %s".formatted(cell.server().name(),
				cell.scenario().title(), cell.failureText())));
		return flawed.isEmpty();
	}

	static void say(String line) {
		System.out.println(CLOCK.format(LocalTime.now(ZoneId.systemDefault())) + " " + line);
	}

}
