package io.tcpecho.project;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The rules of Grafana's dashboard-linter, without exceptions, and what a reader of the
 * dashboard may expect besides.
 */
@Execution(ExecutionMode.CONCURRENT)
class DashboardTests {

	private static final String DATA_SOURCE = "${datasource}";

	private static final String SELECTOR = "namespace=~\"$namespace\", job=~\"$job\", instance=~\"$instance\"";

	/** One metric with all its matchers and its range, if it has one. */
	private static final Pattern METRIC = Pattern.compile("\\b([a-z_]+)\\{([^}]*)}(\\[[^\\]]*])?");

	/** Those that panels here use, by the names that Grafana gives them. */
	private static final Set<String> UNITS = Set.of("none", "short", "percentunit", "cps", "s", "bytes", "Bps");

	private static final Map<String, String> OUTCOME_COLORS = Map.of("echoed", "green", "empty", "#9fa7b3", "timeout",
			"orange", "reset", "blue", "malformed", "purple", "error", "red", "aborted", "dark-red");

	static Stream<Named<JsonNode>> panels() {
		return Watch.panels().stream().map((panel) -> Named.of(panel.at("/title").asString(), panel));
	}

	static List<Watch.Query> panelQueries() {
		return Watch.panelQueries();
	}

	static Stream<Watch.Query> queries() {
		return Stream.of(Watch.panelQueries(), Watch.otherQueries()).flatMap(List::stream);
	}

	@ParameterizedTest
	@MethodSource("panels")
	void aPanelHasATitleADescriptionAUnitAndTheDataSourceVariable(JsonNode panel) {
		assertThat(panel.at("/title").asString()).isNotBlank();
		assertThat(panel.at("/description").asString()).isNotBlank().endsWith(".");
		String unit = "heatmap".equals(panel.at("/type").asString()) ? "/options/yAxis/unit"
				: "/fieldConfig/defaults/unit";
		assertThat(panel.at(unit).asString()).isIn(UNITS);
		assertThat(panel.at("/datasource/uid").asString()).isEqualTo(DATA_SOURCE);
		assertThat(panel.at("/targets").valueStream()).isNotEmpty()
			.allMatch((target) -> DATA_SOURCE.equals(target.at("/datasource/uid").asString()));
	}

	@ParameterizedTest
	@MethodSource("panelQueries")
	void aQuerySelectsWhatTheVariablesSayAndRatesCountersOverTheRateInterval(Watch.Query query) {
		assertThat(METRIC.matcher(query.expression()).results()).isNotEmpty().allSatisfy((metric) -> {
			String name = metric.group(1);
			assertThat(metric.group(2)).startsWith(Watch.isOfKubernetes(name) ? "namespace=~\"$namespace\"" : SELECTOR);
			boolean counter = name.matches(".*_(total|count|sum|bucket)") && !"system_cpu_count".equals(name);
			assertThat(metric.group(3)).isEqualTo(counter ? "[$__rate_interval]" : null);
			if (counter) {
				assertThat(query.expression().substring(0, metric.start())).matches("(?s).*\\b(rate|increase)\\($");
			}
		});
	}

	@ParameterizedTest
	@MethodSource("queries")
	void everyMetricOfAQueryHasItsMatchers(Watch.Query query) {
		String rest = METRIC.matcher(query.expression()).replaceAll("");
		assertThat(rest.replaceFirst("^group by \\(\\w+\\) \\(echo_connections_limit\\)$", ""))
			.doesNotContainPattern("\\b(echo|jvm|process|ssl|system|kube|container)_");
	}

	@Test
	void itIsNotEditableAndItsVariablesAreAsTheLinterWantsThem() {
		JsonNode dashboard = Watch.dashboard();
		assertThat(dashboard.at("/editable").asBoolean(true)).isFalse();
		Map<String, JsonNode> variables = new LinkedHashMap<>();
		dashboard.at("/templating/list")
			.forEach((variable) -> variables.put(variable.at("/name").asString(), variable));
		assertThat(variables.keySet()).containsExactly("datasource", "namespace", "job", "instance");
		JsonNode source = variables.remove("datasource");
		assertThat(source.at("/type").asString()).isEqualTo("datasource");
		assertThat(source.at("/query").asString()).isEqualTo("prometheus");
		assertThat(source.at("/label").asString()).isEqualTo("Data source");
		variables.forEach((name, variable) -> {
			assertThat(variable.at("/type").asString()).isEqualTo("query");
			assertThat(variable.at("/label").asString()).isEqualToIgnoringCase(name);
			assertThat(variable.at("/datasource/uid").asString()).isEqualTo(DATA_SOURCE);
			assertThat(variable.at("/multi").asBoolean()).isTrue();
			assertThat(variable.at("/includeAll").asBoolean()).isTrue();
			assertThat(variable.at("/refresh").asInt()).isEqualTo(2);
			// Outside Kubernetes no series has a namespace, and an empty one must match.
			// The others are an exception to dashboard-linter, which wants .+ for all:
			// with it "up" and what all processes export would be of every job there is.
			assertThat(variable.at("/allValue").asString("")).isEqualTo("namespace".equals(name) ? ".*" : "");
		});
	}

	@Test
	void panelsFillTheirRowsAndDoNotOverlap() {
		boolean[][] taken = new boolean[200][24];
		int bottom = 0;
		for (JsonNode panel : Watch.dashboard().at("/panels")) {
			JsonNode grid = panel.at("/gridPos");
			int y = grid.at("/y").asInt();
			int x = grid.at("/x").asInt();
			for (int row = y; row < y + grid.at("/h").asInt(); row++) {
				for (int column = x; column < x + grid.at("/w").asInt(); column++) {
					assertThat(taken[row][column]).as(panel.at("/title").asString()).isFalse();
					taken[row][column] = true;
				}
				bottom = Math.max(bottom, row);
			}
		}
		for (int row = 0; row <= bottom; row++) {
			assertThat(taken[row]).as("row " + row).doesNotContain(false);
		}
	}

	@Test
	void panelsHaveIdsAndTitlesOfTheirOwn() {
		assertThat(Watch.dashboard().at("/panels").valueStream()).extracting((panel) -> panel.at("/id").asInt())
			.doesNotHaveDuplicates();
		assertThat(Watch.panels()).extracting((panel) -> panel.at("/title").asString()).doesNotHaveDuplicates();
	}

	@ParameterizedTest
	@MethodSource("panels")
	void anOutcomeHasItsColorWhereverItIsShown(JsonNode panel) {
		String shown = panel.at("/targets").toString();
		if (shown.contains("{{outcome}}")) {
			Pattern matcher = Pattern.compile("by \\(outcome\\).*?outcome=~\\\\\"([a-z|]+)");
			var matched = matcher.matcher(shown);
			Set<String> outcomes = matched.find() ? Set.of(matched.group(1).split("\\|", -1)) : OUTCOME_COLORS.keySet();
			assertThat(panel.at("/fieldConfig/overrides").valueStream())
				.extracting((override) -> Map.entry(override.at("/matcher/options").asString(),
						override.at("/properties/0/value/fixedColor").asString()))
				.containsExactlyInAnyOrderElementsOf(
						outcomes.stream().map((outcome) -> Map.entry(outcome, OUTCOME_COLORS.get(outcome))).toList());
		}
	}

	@Test
	void everyAlertIsNamedWhereItCanBeSeen() {
		String descriptions = String.join(" ",
				Watch.panels().stream().map((panel) -> panel.at("/description").asString()).toList());
		assertThat(Watch.alerts()).allSatisfy((alert) -> assertThat(descriptions).contains(alert.name()));
	}

}
