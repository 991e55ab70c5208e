package io.tcpecho.send;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.springframework.web.util.HtmlUtils;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * The page of {@code --plot}: what a drill was, its summary, and its course as data that
 * a script in the page draws. Not thread-safe.
 *
 * @param command what was run, as a shell takes it
 * @param from on which host
 */
record Plot(PlotFile file, Timeline timeline, String command, String from) {

	/** As many as colours that can be told from each other. */
	private static final int MOST_NAMED = 8;

	private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

	static Plot of(PlotFile file, CommandSpec spec) {
		ParseResult parsed = spec.commandLine().getParseResult();
		String options = parsed.matchedOptions()
			.stream()
			.filter((option) -> !option.longestName().equals("--plot"))
			.map((option) -> option.longestName() + ((option.arity().max() == 0) ? ""
					: " " + Usage.quote(String.join(" ", option.originalStringValues()))))
			.collect(Collectors.joining(" "));
		return new Plot(file, new Timeline(), "send " + options, host());
	}

	private static String host() {
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			return "a host without a name";
		}
	}

	/**
	 * Writes it, or throws if that is impossible.
	 * @param gapResolution how exact the longest gap is
	 */
	void write(Figures figures, String verdict, boolean asExpected, String gapResolution) throws IOException {
		this.timeline.end(figures.end());
		String style = resource("uplot/uPlot.min.css") + resource("plot.css");
		String script = resource("uplot/uPlot.iife.min.js") + resource("plot.js");
		Map<String, String> places = Map.of("style", style, "styleHash", hash(style), "script", script, "scriptHash",
				hash(script), "data", data(figures).toString().replace("<", "\\u003c"), "command",
				HtmlUtils.htmlEscape(this.command), "run", HtmlUtils.htmlEscape(run(figures)), "verdict",
				HtmlUtils.htmlEscape(verdict), "good", Boolean.toString(asExpected), "tables",
				PlotTables.of(figures, gapResolution));
		this.file.write(PLACE.matcher(resource("plot.html"))
			.replaceAll((place) -> Matcher.quoteReplacement(Objects.requireNonNull(places.get(place.group(1)))))
			.getBytes(StandardCharsets.UTF_8));
	}

	private static String resource(String name) throws IOException {
		return new ClassPathResource(name, Plot.class).getContentAsString(StandardCharsets.UTF_8);
	}

	/** As a Content-Security-Policy takes it. */
	private static String hash(String text) {
		try {
			return "sha256-" + Base64.getEncoder()
				.encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private String run(Figures figures) {
		return "From " + this.from + ", " + PlotTables.TIME.format(figures.at(0)) + " to "
				+ PlotTables.TIME.format(figures.at(this.timeline.last())) + " UTC, " + Commands.version();
	}

	private Json data(Figures figures) {
		Map<Instance, Integer> instances = this.timeline.instances();
		List<Instance> named = instances.keySet()
			.stream()
			.sorted(Comparator.comparingInt((Instance instance) -> -total(
					(interval) -> interval.expected(Objects.requireNonNull(instances.get(instance))))))
			.limit(MOST_NAMED)
			.toList();
		List<Json> expected = new ArrayList<>();
		named.forEach((instance) -> {
			int index = Objects.requireNonNull(instances.get(instance));
			expected.add(counts(instance.toString(), (interval) -> interval.expected(index)));
		});
		// Of those who do not tell it, who are none of the eight, or too many.
		ToIntFunction<Timeline.Interval> rest = (interval) -> interval.expected() - named.stream()
			.mapToInt((instance) -> interval.expected(Objects.requireNonNull(instances.get(instance))))
			.sum();
		if (named.isEmpty() || total(rest) > 0) {
			expected.add(counts(named.isEmpty() ? "as expected" : "others", rest));
		}
		List<Json> failures = Arrays.stream(Ending.values())
			.filter((ending) -> total((interval) -> interval.failures(ending)) > 0)
			.map((ending) -> counts(ending.toString(), (interval) -> interval.failures(ending)))
			.toList();
		return new Json().put("from", milliseconds(figures.at(0)))
			.put("to", milliseconds(figures.at(this.timeline.last())))
			.put("measuredFrom", milliseconds(figures.at(figures.measuredFrom())))
			.put("width", this.timeline.width() / 1_000_000)
			.put("gapFrom", milliseconds(figures.gapFrom()))
			.put("gapTo", milliseconds(figures.gapTo()))
			.put("gapMilliseconds", Figures.milliseconds(figures.gap()))
			.put("expected", expected)
			.put("failures", failures)
			.put("least", percentiles(0))
			.put("median", percentiles(50))
			.put("p99", percentiles(99))
			.put("greatest", percentiles(100))
			.put("marks",
					Stream
						.concat(marks(figures.instances(), Instance::name),
								marks(figures.certificates(), (certificate) -> "certificate " + certificate.serial()))
						.toList());
	}

	private int total(ToIntFunction<Timeline.Interval> count) {
		return this.timeline.intervals().stream().mapToInt(count).sum();
	}

	private Json counts(String name, ToIntFunction<Timeline.Interval> count) {
		return new Json().put("name", name)
			.put("counts", this.timeline.intervals().stream().mapToInt(count).boxed().toList());
	}

	private List<@Nullable Number> percentiles(double percent) {
		List<@Nullable Number> all = new ArrayList<>();
		this.timeline.intervals().forEach((interval) -> {
			Long time = interval.percentile(percent);
			all.add((time != null) ? Figures.milliseconds(time) : null);
		});
		return all;
	}

	private static <K> Stream<Json> marks(Tally<K> tally, Function<K, String> name) {
		return tally.sightings()
			.entrySet()
			.stream()
			.map((entry) -> new Json().put("name", name.apply(entry.getKey()))
				.put("first", milliseconds(entry.getValue().first()))
				.put("last", milliseconds(entry.getValue().last())));
	}

	/** Since 1970, with three digits behind the point. */
	private static Number milliseconds(Instant time) {
		return BigDecimal.valueOf(time.getEpochSecond() * 1_000_000 + time.getNano() / 1000, 3);
	}

}
