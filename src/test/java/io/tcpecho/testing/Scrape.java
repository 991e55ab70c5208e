package io.tcpecho.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What Prometheus reads from the service.
 *
 * @param types each metric's, by its name
 * @param series all of them
 */
public record Scrape(Map<String, String> types, List<Series> series) {

	private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");

	private static final Pattern SERIES = Pattern.compile("(\\w+)(?:\\{(.*)})? \\S+");

	private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\",?");

	public record Series(String name, Map<String, String> labels) {
	}

	public static Scrape of(String text) {
		Map<String, String> types = new TreeMap<>();
		List<Series> series = new ArrayList<>();
		text.lines().forEach((line) -> {
			Matcher type = TYPE.matcher(line);
			Matcher sample = SERIES.matcher(line);
			if (type.matches()) {
				types.put(type.group(1), type.group(2));
			}
			else if (!line.startsWith("#") && sample.matches()) {
				Map<String, String> labels = new LinkedHashMap<>();
				if (sample.group(2) != null) {
					LABEL.matcher(sample.group(2))
						.results()
						.forEach((label) -> labels.put(label.group(1), label.group(2)));
				}
				series.add(new Series(sample.group(1), labels));
			}
		});
		return new Scrape(types, series);
	}

	public boolean has(String name) {
		return this.types.containsKey(name) || this.series.stream().anyMatch((one) -> one.name().equals(name));
	}

	/** The labels of a metric, {@code le} left out. */
	public Set<String> labels(String metric) {
		return this.series.stream()
			.filter((one) -> one.name().equals(metric) || one.name().matches(metric + "_(bucket|count|sum)"))
			.flatMap((one) -> one.labels().keySet().stream())
			.filter((label) -> !"le".equals(label))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	/** Whether there is a series of that name for each of the values, parted by |. */
	public boolean has(String name, String label, String values) {
		return Arrays.stream(values.split("\\|", -1))
			.allMatch((value) -> this.series.stream()
				.anyMatch((one) -> one.name().equals(name) && value.equals(one.labels().get(label))));
	}

}
