package io.tcpecho.bench;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was found, for people and for programs.
 */
final class Report {

	/** The picture of the latency curves, beside the report. */
	static final String LATENCIES = "latency.svg";

	/** The picture of cost against silent clients, beside the report. */
	static final String COST = "silent.svg";

	/** Of each scenario. */
	private static final Map<String, ToDoubleFunction<Measurement>> FIGURES = new LinkedHashMap<>();

	static {
		FIGURES.put("connections/s", Measurement::connectionsPerSecond);
		FIGURES.put("p50, ms", Measurement::p50);
		FIGURES.put("p99, ms", Measurement::p99);
		FIGURES.put("p99.9, ms", Measurement::p999);
		FIGURES.put("max, ms", Measurement::max);
		FIGURES.put("busy, %", Measurement::busy);
		FIGURES.put("CPU, µs", Measurement::cpu);
		FIGURES.put("user, µs", Measurement::userCpu);
		FIGURES.put("system, µs", Measurement::systemCpu);
		FIGURES.put("resident, MB", Measurement::residentMegabytes);
	}

	private final StringBuilder text = new StringBuilder();

	private final Machine machine;

	private final List<Startup> startups;

	private final List<Cell> cells;

	private final List<Expiry> expiries;

	Report(Machine machine, List<Startup> startups, List<Cell> cells, List<Expiry> expiries) {
		this.machine = machine;
		this.startups = startups;
		this.cells = cells;
		this.expiries = expiries;
	}

	String json() {
		Map<String, Object> report = new LinkedHashMap<>();
		report.put("machine", this.machine.facts());
		report.put("freshProcesses", this.startups.stream().map(Report::result).toList());
		report.put("scenarios", this.cells.stream().map(Report::result).toList());
		report.put("expiries", this.expiries);
		return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(report);
	}

	private static Map<String, Object> result(Startup startup) {
		return Map.of("server", startup.server().name(), "firstEchoMilliseconds", startup.firstEchoMilliseconds(),
				"silentKilobytes", startup.silentKilobytes());
	}

	private static Map<String, @Nullable Object> result(Cell cell) {
		Map<String, @Nullable Object> result = new LinkedHashMap<>();
		result.put("server", cell.server().name());
		result.put("scenario", cell.scenario());
		result.put("failures", cell.failures());
		result.put("givenUp", cell.givenUp());
		result.put("rounds", cell.measurements());
		return result;
	}

	String markdown() {
		this.text.append("# What an echo costs\n\n");
		table(List.of("", ""), this.machine.facts().entrySet(), (fact) -> Stream.of(fact.getKey(), fact.getValue()));
		this.text.append("## At a glance\n\nMedians, with 64 clients.\n\n");
		table(List.of("server", "CPU per connection", "to tcp-echo", "connections/s", "p50", "p99.9", "resident",
				"CPU beside 10,000 silent clients", "first echo after"), this.startups, this::glance);
		this.text.append("![Latency](%s)\n\n![Cost beside silent clients](%s)\n\n".formatted(LATENCIES, COST));
		Scenario.ALL.forEach(this::scenario);
		handshakes();
		expiries();
		this.text.append("## A fresh process\n\n");
		table(List.of("server", "first echo after, ms",
				"memory for each of %,d silent clients, KB".formatted(Scenario.CROWDED.silent())), this.startups,
				(startup) -> Stream.of(startup.server().name(), full(Spread.of(startup.firstEchoMilliseconds())),
						full(Spread.of(startup.silentKilobytes()))));
		this.text.append("## What was measured\n\n");
		table(List.of("server", "is"), this.startups,
				(startup) -> Stream.of(startup.server().name(), startup.server().what()));
		notes();
		return this.text.toString();
	}

	private void expiries() {
		this.text.append("## Who waits while many are let go\n\n");
		table(List.of("10,000 clients that", "let go", "longest echo of another client before, ms",
				"while they wait, ms", "while they are let go, ms", "of its echoes"), this.expiries,
				(expiry) -> Stream.of(expiry.crowd().what(), "%,d of %,d".formatted(expiry.let(), expiry.connected()),
						"%.1f".formatted(expiry.before()), "%.1f".formatted(expiry.waiting()),
						"%.1f".formatted(expiry.during()), "%,d".formatted(expiry.echoes())));
	}

	private void handshakes() {
		this.text
			.append("""
					## TLS: a handshake, an echo, close_notify, the close

					%d clients do this with TLS 1.3 (TLS_AES_128_GCM_SHA256, X25519): a full handshake has the server sign with
					ECDSA P-256, a resumed one has a session ticket instead, and each was checked to be what it should.

					"""
				.formatted(Scenario.TLS.getFirst().clients()));
		table(List
			.of("handshakes", "server", "CPU, µs", "to tcp-echo", "user, µs", "connections/s", "busy, %", "failed"),
				this.cells.stream().filter((cell) -> Scenario.TLS.contains(cell.scenario())).toList(),
				(cell) -> Stream.of(cell.scenario().handshake().name().toLowerCase(Locale.ROOT), cell.server().name(),
						full(cell.spread(Measurement::cpu)),
						full(cell.ratio(cell(Server.TLS_BASELINE, cell.scenario()), Measurement::cpu)),
						full(cell.spread(Measurement::userCpu)), full(cell.spread(Measurement::connectionsPerSecond)),
						full(cell.spread(Measurement::busy)), cell.failureText()));
	}

	private void notes() {
		List<Measurement> all = this.cells.stream().flatMap((cell) -> cell.measurements().stream()).toList();
		int rounds = all.stream().mapToInt(Measurement::round).max().orElse(0);
		long collections = all.stream().mapToLong(Measurement::collections).max().orElse(0);
		this.text
			.append("""
					## How to read it

					- A cell has the median of %d rounds, and in parentheses the least and the most. In each round every server is
					  measured once, and a ratio compares two servers in one round: machines drift, so only ratios mean much.
					- CPU is the server's own processor time, user and system, divided by the connections it echoed. A server that
					  sleeps more often between connections pays more for each.
					- Clients run in a closed loop: each connects, sends one message, reads to the end of the stream, and begins
					  again. Latency is from before the connect to the end of the stream. At 64 clients it is mostly waiting for
					  the other 63, so its median is 64 over the rate. A server that stalls is asked less meanwhile, so these are
					  not the percentiles that it would have at a fixed rate of arrivals (coordinated omission); a fixed rate that
					  all can serve would compare servers that mostly sleep.
					- Failed counts every exchange, those of the warm-up too; what failed has no latency. A server that echoes
					  nothing, or does not take the silent clients, is given up.
					- A server that was busy for much less than 100 percent could have served more: the load is one thread.
					- The load generator stopped for its own garbage collection for %d ms at most in one measurement.
					- Memory is what the operating system counts as resident. A JVM takes more of it than it needs while nobody
					  else wants it. What a silent client adds is counted as live objects and as what is resident outside the
					  heap, in processes whose heap is all resident from the start. Of a program that is no JVM it is counted as
					  what is resident, with the garbage of Go. The kernel's part is left out.
					"""
				.formatted(rounds, collections));
	}

	/** A row of the table that fits a README. */
	private Stream<String> glance(Startup startup) {
		String server = startup.server().name();
		Cell main = cell(server, Scenario.MAIN);
		return Stream.of(server, brief(main.spread(Measurement::cpu), "µs"),
				full(main.ratio(cell(Server.BASELINE, Scenario.MAIN), Measurement::cpu)),
				brief(main.spread(Measurement::connectionsPerSecond), ""), brief(main.spread(Measurement::p50), "ms"),
				brief(main.spread(Measurement::p999), "ms"), brief(main.spread(Measurement::residentMegabytes), "MB"),
				brief(cell(server, Scenario.CROWDED).spread(Measurement::cpu), "µs"),
				brief(Spread.of(startup.firstEchoMilliseconds()), "ms"));
	}

	private static String brief(Optional<Spread> spread, String unit) {
		return spread.map((present) -> (present.brief() + " " + unit).strip()).orElse("fails");
	}

	private static String full(Optional<Spread> spread) {
		return spread.map(Spread::toString).orElse("–");
	}

	private void scenario(Scenario scenario) {
		this.text.append("## ").append(scenario.title()).append("\n\n");
		List<Cell> row = this.cells.stream().filter((cell) -> cell.scenario().equals(scenario)).toList();
		List<String> figures = Stream.of(Stream.of("server"), FIGURES.keySet().stream(), Stream.of("failed"))
			.flatMap(Function.identity())
			.toList();
		table(figures, row, (cell) -> Stream
			.of(Stream.of(cell.server().name()), FIGURES.values().stream().map((figure) -> full(cell.spread(figure))),
					Stream.of(cell.failureText()))
			.flatMap(Function.identity()));
		this.text.append("As ratios to tcp-echo in the same round:\n\n");
		Cell baseline = cell(Server.BASELINE, scenario);
		table(figures.subList(0, figures.size() - 1), row, (cell) -> Stream.concat(Stream.of(cell.server().name()),
				FIGURES.values().stream().map((figure) -> full(cell.ratio(baseline, figure)))));
	}

	private <T> void table(List<String> head, Collection<T> rows, Function<T, Stream<String>> cells) {
		row(head.stream());
		row(head.stream().map((column) -> "---"));
		rows.forEach((row) -> row(cells.apply(row)));
		this.text.append('\n');
	}

	private void row(Stream<String> cells) {
		this.text.append(cells.collect(Collectors.joining(" | ", "| ", " |\n")));
	}

	private Cell cell(String server, Scenario scenario) {
		return this.cells.stream()
			.filter((cell) -> cell.server().name().equals(server) && cell.scenario().equals(scenario))
			.findFirst()
			.orElseThrow();
	}

}
