package io.tcpecho.project;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The dashboard, the alerts and the documents about them, as they are in the source tree.
 */
final class Watch {

	static final Path RULES = Path.of("helm/tcp-echo/rules/tcp-echo.yaml");

	static final Path RULES_TESTS = Path.of("src/test/prometheus/rules-tests.yaml");

	static final Path METRICS = Path.of("src/docs/metrics.md");

	static final Path OPERATIONS = Path.of("src/docs/operations.md");

	/** What the service does not export: Prometheus makes it of each scrape. */
	static final Set<String> METRICS_OF_PROMETHEUS = Set.of("up");

	/** What no series has as the service exports it: a scrape by a PodMonitor adds it. */
	static final Set<String> LABELS_OF_KUBERNETES = Set.of("namespace", "job", "instance", "pod", "container",
			"deployment");

	private static final Path DASHBOARD = Path.of("helm/tcp-echo/dashboards/tcp-echo.json");

	private static final Pattern KUBERNETES = Pattern.compile("\\b(kube|container)_");

	private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");

	private Watch() {
	}

	/** What kube-state-metrics and the kubelet export, and the service does not. */
	static boolean isOfKubernetes(String metric) {
		return metric.startsWith("kube_") || metric.startsWith("container_");
	}

	/** A query in PromQL, and what has it. */
	record Query(String owner, String expression) {

		/** Whether the service's own metrics are enough to answer it. */
		boolean isOfTheService() {
			return !KUBERNETES.matcher(this.expression).find();
		}

		@Override
		public String toString() {
			return this.owner;
		}

	}

	/** A rule, which has a name as an alert or as a recorded series. */
	record Rule(String name, boolean isAlert, String expression, Map<String, Object> source) {

		Query query() {
			return new Query(this.name, this.expression);
		}

		@SuppressWarnings("unchecked")
		Map<String, String> map(String key) {
			return (Map<String, String>) this.source.getOrDefault(key, Map.of());
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	static JsonNode dashboard() {
		return JsonMapper.shared().readTree(DASHBOARD.toFile());
	}

	/** Every panel but the headings of rows. */
	static List<JsonNode> panels() {
		return dashboard().at("/panels")
			.valueStream()
			.filter((panel) -> !"row".equals(panel.at("/type").asString()))
			.toList();
	}

	/** With Grafana's variables in them. */
	static List<Query> panelQueries() {
		return panels().stream().flatMap((panel) -> {
			String title = panel.at("/title").asString();
			JsonNode targets = panel.at("/targets");
			return targets.valueStream()
				.map((target) -> new Query((targets.size() > 1) ? title + ": " + series(target) : title,
						target.at("/expr").asString()));
		}).toList();
	}

	private static String series(JsonNode target) {
		String legend = target.at("/legendFormat").asString("{{");
		return legend.contains("{{") ? target.at("/refId").asString() : legend;
	}

	/** What the variables and the annotations ask for, as PromQL. */
	static List<Query> otherQueries() {
		List<Query> queries = new ArrayList<>();
		dashboard().at("/templating/list")
			.valueStream()
			.filter((variable) -> variable.has("query"))
			.forEach((variable) -> {
				JsonNode query = variable.at("/query/query");
				if (query.isString()) {
					queries.add(new Query("$" + variable.at("/name").asString(),
							LABEL_VALUES.matcher(query.asString()).replaceFirst("group by ($2) ($1)")));
				}
			});
		dashboard().at("/annotations/list")
			.valueStream()
			.forEach((annotation) -> queries
				.add(new Query(annotation.at("/name").asString(), annotation.at("/target/expr").asString())));
		return queries;
	}

	static List<Rule> rules() {
		return rules(read(RULES));
	}

	/** Of a rule file, or of the {@code spec} of a PrometheusRule. */
	@SuppressWarnings("unchecked")
	static List<Rule> rules(String yaml) {
		Map<String, List<Map<String, Object>>> file = new Yaml().load(yaml);
		return file.get("groups")
			.stream()
			.flatMap((group) -> ((List<Map<String, Object>>) group.get("rules")).stream())
			.map((rule) -> new Rule(String.valueOf(rule.getOrDefault("alert", rule.get("record"))),
					rule.containsKey("alert"), String.valueOf(rule.get("expr")), rule))
			.toList();
	}

	static List<Rule> alerts() {
		return rules().stream().filter(Rule::isAlert).toList();
	}

	/** The example of each metric, and the queries of the documents. */
	static List<Query> documentedQueries() {
		Stream<Query> examples = read(METRICS).lines()
			.filter((line) -> line.startsWith("| `"))
			.map((row) -> row.replace("`", "").split(" \\| ", -1))
			.map((cells) -> new Query(cells[0].substring(2), cells[cells.length - 1].replace(" |", "")));
		Stream<Query> queries = Stream.of(METRICS, OPERATIONS)
			.flatMap((document) -> fenced(document, "promql"))
			.map((query) -> new Query(query.lines().findFirst().orElseThrow(), query));
		return Stream.concat(examples, queries).toList();
	}

	/** The block of YAML in the runbook that contains the text. */
	static String fencedYaml(String text) {
		return fenced(OPERATIONS, "yaml").filter((block) -> block.contains(text))
			.findFirst()
			.orElseThrow(() -> new AssertionError("There is no YAML with " + text));
	}

	private static Stream<String> fenced(Path document, String language) {
		return Pattern.compile("^```" + language + "\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
			.matcher(read(document))
			.results()
			.map((block) -> block.group(1));
	}

	static String read(Path path) {
		try {
			return Files.readString(path);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static List<Query> allQueries() {
		return Stream.concat(allQueriesButRules().stream(), rules().stream().map(Rule::query)).toList();
	}

	/** Those of the dashboard and of the documents. */
	static List<Query> allQueriesButRules() {
		return Stream.of(panelQueries(), otherQueries(), documentedQueries()).flatMap(List::stream).toList();
	}

}
