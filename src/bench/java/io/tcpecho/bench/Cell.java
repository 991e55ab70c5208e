package io.tcpecho.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * All that was found of one server in one scenario.
 */
final class Cell {

	private final Server server;

	private final Scenario scenario;

	private final List<Measurement> measurements = new ArrayList<>();

	private final Histogram latencies = Load.newHistogram();

	private final Map<Failure, Long> failures = new EnumMap<>(Failure.class);

	private long exchanges;

	private @Nullable String givenUp;

	Cell(Server server, Scenario scenario) {
		this.server = server;
		this.scenario = scenario;
	}

	Server server() {
		return this.server;
	}

	Scenario scenario() {
		return this.scenario;
	}

	List<Measurement> measurements() {
		return this.measurements;
	}

	/** Of all rounds. */
	Histogram latencies() {
		return this.latencies;
	}

	/** Of all rounds and the warm-up. */
	Map<Failure, Long> failures() {
		return this.failures;
	}

	/** Why the server cannot do it. */
	@Nullable String givenUp() {
		return this.givenUp;
	}

	void giveUp(String reason) {
		this.givenUp = reason;
	}

	void add(Measurement measurement, Histogram latencies) {
		this.measurements.add(measurement);
		this.latencies.add(latencies);
	}

	/** Counts what came of a load. */
	void count(Load.Result result, long cut) {
		this.exchanges += result.echoed();
		result.failures().forEach(this::count);
		count(Failure.CUT, cut);
	}

	private void count(Failure failure, long count) {
		if (count > 0) {
			this.failures.merge(failure, count, Long::sum);
			this.exchanges += count;
		}
	}

	boolean isFlawless() {
		return this.failures.isEmpty() && this.givenUp == null;
	}

	Optional<Spread> spread(ToDoubleFunction<Measurement> figure) {
		return Spread.of(this.measurements.stream().map(figure::applyAsDouble).toList());
	}

	/** How a figure compares to the same of another cell in the same round. */
	Optional<Spread> ratio(Cell baseline, ToDoubleFunction<Measurement> figure) {
		return Spread.of(this.measurements.stream()
			.flatMap((measurement) -> baseline.measurements.stream()
				.filter((base) -> base.round() == measurement.round())
				.map((base) -> figure.applyAsDouble(measurement) / figure.applyAsDouble(base)))
			.toList());
	}

	/** How many exchanges failed, and how; or why there are none. */
	String failureText() {
		String text = this.failures.entrySet()
			.stream()
			.map((failure) -> "%,d %s".formatted(failure.getValue(), failure.getKey()))
			.collect(Collectors.joining(", "));
		String all = text.isEmpty() ? "0" : "%s of %,d".formatted(text, this.exchanges);
		return (this.givenUp != null) ? this.givenUp + (text.isEmpty() ? "" : ": " + all) : all;
	}

}
