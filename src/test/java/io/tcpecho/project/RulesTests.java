package io.tcpecho.project;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The alerts, as they are before the chart makes them its release's own.
 */
@Execution(ExecutionMode.CONCURRENT)
class RulesTests {

	private static final List<String> PROMTOOL = List.of("promtool");

	static List<Watch.Rule> rules() {
		return Watch.rules();
	}

	static List<Watch.Rule> alerts() {
		return Watch.alerts();
	}

	@Test
	void promtoolFindsNoFault() throws Exception {
		Tool.Result result = Tool.run("", PROMTOOL, "check", "rules", "--lint=all", "--lint-fatal",
				Watch.RULES.toString());
		assertThat(result.exitCode()).as(result.output()).isZero();
	}

	@Test
	void alertsFireAndStaySilentAsTheirTestsSay() throws Exception {
		Tool.Result result = Tool.run("", PROMTOOL, "test", "rules", Watch.RULES_TESTS.toString());
		assertThat(result.exitCode()).as(result.output()).isZero();
	}

	@Test
	@SuppressWarnings("unchecked")
	void eachAlertHasATestInWhichItFiresAndOneInWhichItDoesNot() {
		Map<String, List<Map<String, Object>>> file = new Yaml().load(Watch.read(Watch.RULES_TESTS));
		Set<String> firing = new HashSet<>();
		Set<String> silent = new HashSet<>();
		file.get("tests")
			.stream()
			.flatMap((test) -> ((List<Map<String, Object>>) test.get("alert_rule_test")).stream())
			.forEach((test) -> (((List<?>) test.get("exp_alerts")).isEmpty() ? silent : firing)
				.add(String.valueOf(test.get("alertname"))));
		List<String> alerts = Watch.alerts().stream().map(Watch.Rule::name).toList();
		assertThat(firing).containsExactlyInAnyOrderElementsOf(alerts);
		assertThat(silent).containsExactlyInAnyOrderElementsOf(alerts);
	}

	/** The chart replaces it. */
	@ParameterizedTest
	@MethodSource("rules")
	void everySelectorBeginsWithTheJobOrTheDeploymentOrItsPods(Watch.Rule rule) {
		assertThat(Pattern.compile("([\\w:]+)\\{([^}]*)}").matcher(rule.expression()).results()).isNotEmpty()
			.allSatisfy((selector) -> assertThat(selector.group(2)).startsWith(selectorOf(selector.group(1))));
		assertThat(rule.expression().replaceAll("[\\w:]+\\{[^}]*}", ""))
			.doesNotContainPattern("\\b(echo|process|kube|ssl)_");
	}

	private static String selectorOf(String metric) {
		if (metric.startsWith("kube_deployment_")) {
			return "deployment=\"tcp-echo\"";
		}
		return metric.startsWith("kube_pod_") ? "pod=~\"tcp-echo-.+\"" : "job=\"tcp-echo\"";
	}

	@ParameterizedTest
	@MethodSource("alerts")
	void anAlertSaysWhatItIsAndWhere(Watch.Rule alert) {
		assertThat(alert.source()).containsKey("for");
		assertThat(alert.map("labels").get("severity")).isIn("critical", "warning", "info");
		assertThat(alert.map("annotations")).containsOnlyKeys("summary", "description");
		assertThat(alert.map("annotations").get("summary")).endsWith(".").doesNotContain("{{");
		assertThat(alert.map("annotations").get("description")).endsWith(".").contains("{{ $labels.");
	}

	@Test
	void theRunbookHasASectionForEachAlertUnderTheAnchorOfItsName() {
		assertThat(Pattern.compile("^### (TcpEcho\\w+)$", Pattern.MULTILINE)
			.matcher(Watch.read(Watch.OPERATIONS))
			.results()
			.map((heading) -> heading.group(1)))
			.containsExactlyElementsOf(Watch.alerts().stream().map(Watch.Rule::name).toList());
	}

	@ParameterizedTest
	@MethodSource("alerts")
	void aSectionOfTheRunbookSaysWhatItMeansHowToConfirmItAndWhatToDo(Watch.Rule alert) {
		String operations = Watch.read(Watch.OPERATIONS);
		String section = operations.substring(operations.indexOf("### " + alert.name() + "\n"));
		section = section.substring(0,
				Pattern.compile("\n##|$\\z")
					.matcher(section)
					.results()
					.map(MatchResult::start)
					.findFirst()
					.orElseThrow());
		assertThat(section).contains("**Means**", "**Clients notice**", "**Confirm**", "**Do**");
	}

}
