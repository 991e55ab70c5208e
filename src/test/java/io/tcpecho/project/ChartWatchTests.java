package io.tcpecho.project;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The alerts and the dashboard as the chart installs them.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChartWatchTests {

	private static final String RUNBOOK = "https://example.com/operations.md";

	/** The rules that the chart makes of some values, as a rule file. */
	static String rules(String values) {
		return rules("", values);
	}

	private static String rules(String metrics, String values) {
		PrometheusRule rule = Chart
			.render("metrics: {%s podMonitor: {enabled: true}, rules: {enabled: true%s}}".formatted(metrics, values))
			.get(PrometheusRule.class);
		return new KubernetesSerialization().asYaml(rule.getSpec());
	}

	@Test
	void rulesSelectThePodMonitorsJobInTheReleasesNamespaceAndAreOtherwiseAsInTheirFile() {
		// The operator's name for it, where no jobLabel says otherwise.
		PodMonitor monitor = Chart.render("metrics: {podMonitor: {enabled: true}}").get(PodMonitor.class);
		assertThat(monitor.getSpec().getJobLabel()).isNull();
		String selector = "namespace=\"%s\", job=\"%s/%s\"".formatted(Chart.NAMESPACE, Chart.NAMESPACE,
				monitor.getMetadata().getName());
		List<Watch.Rule> installed = Watch.rules(rules(""));
		assertThat(installed).extracting(Watch.Rule::expression)
			.containsExactlyElementsOf(Watch.rules()
				.stream()
				.map((rule) -> rule.expression()
					.replace("job=\"tcp-echo\"", selector)
					.replace("deployment=\"tcp-echo\"", "namespace=\"apps\", deployment=\"echo-tcp-echo\"")
					.replace("pod=~\"tcp-echo-.+\"", "namespace=\"apps\", pod=~\"echo-tcp-echo-[a-z0-9]+-[a-z0-9]+\""))
				.toList());
		assertThat(installed).extracting((rule) -> rule.map("labels"))
			.containsExactlyElementsOf(Watch.rules().stream().map((rule) -> rule.map("labels")).toList());
		assertThat(installed).extracting((rule) -> withoutRunbook(rule.map("annotations")))
			.containsExactlyElementsOf(Watch.rules().stream().map((rule) -> rule.map("annotations")).toList());
		assertThat(installed).extracting((rule) -> rule.source().get("for"))
			.containsExactlyElementsOf(Watch.rules().stream().map((rule) -> rule.source().get("for")).toList());
	}

	private static Map<String, String> withoutRunbook(Map<String, String> annotations) {
		Map<String, String> rest = new TreeMap<>(annotations);
		rest.remove("runbook");
		return rest;
	}

	@Test
	void promtoolFindsNoFaultWithWhatIsInstalled(@TempDir Path directory) throws Exception {
		Path file = Files.writeString(directory.resolve("rules.yaml"), rules(""));
		Tool.Result result = Tool.run("", List.of("promtool"), "check", "rules", "--lint=all", "--lint-fatal",
				file.toString());
		assertThat(result.exitCode()).as(result.output()).isZero();
	}

	@Test
	void anAlertLeadsToItsSectionOfTheRunbook() {
		assertThat(alerts(rules("runbookUrl: \"%s\",".formatted(RUNBOOK), ""))).isNotEmpty()
			.allSatisfy((alert) -> assertThat(alert.map("annotations")).containsEntry("runbook_url",
					RUNBOOK + "#" + alert.name().toLowerCase(Locale.ROOT)));
		assertThat(alerts(rules(""))).isNotEmpty()
			.allSatisfy((alert) -> assertThat(alert.map("annotations")).doesNotContainKey("runbook_url")
				.containsEntry("runbook", Watch.OPERATIONS + "#" + alert.name().toLowerCase(Locale.ROOT)));
		assertThat(Chart.notes("metrics: {podMonitor: {enabled: true}, rules: {enabled: true}}"))
			.contains("The alerts name their section of " + Watch.OPERATIONS);
	}

	@Test
	void anOverrideChangesWhatItNamesAndNothingElse() {
		List<Watch.Rule> before = Watch.rules(rules(""));
		List<Watch.Rule> after = Watch.rules(rules("""
				, overrides: {TcpEchoReplySlow: {enabled: false}, TcpEchoDown: {for: 5m},
				TcpEchoListenerDown: {severity: page}, TcpEchoAcceptFailures: {enabled: true}}"""));
		assertThat(before).filteredOn((rule) -> !after.contains(rule))
			.extracting(Watch.Rule::name)
			.containsExactly("TcpEchoDown", "TcpEchoListenerDown", "TcpEchoReplySlow");
		assertThat(after).filteredOn((rule) -> !before.contains(rule)).satisfiesExactly((down) -> {
			assertThat(down.source()).containsEntry("for", "5m");
			assertThat(down.map("labels")).containsOnly(Map.entry("severity", "critical"));
		}, (listenerDown) -> {
			assertThat(listenerDown.source()).containsEntry("for", "2m");
			assertThat(listenerDown.map("labels")).containsOnly(Map.entry("severity", "page"));
		});
	}

	@Test
	void theSidecarFindsTheDashboardAndItIsThatOfTheFile() {
		ConfigMap map = Chart.render("metrics: {dashboard: {enabled: true}}").get(ConfigMap.class);
		assertThat(map.getMetadata().getLabels()).containsEntry("grafana_dashboard", "1");
		assertThat(map.getData()).containsOnlyKeys("tcp-echo.json");
		assertThat(dashboard(map)).isEqualTo(Watch.dashboard());
	}

	@Test
	void theDashboardLinksToTheRunbookWhereThatCanBeRead() {
		JsonNode dashboard = dashboard(
				Chart.render("metrics: {dashboard: {enabled: true}, runbookUrl: \"%s\"}".formatted(RUNBOOK))
					.get(ConfigMap.class));
		assertThat(dashboard.at("/links")).hasSize(1);
		assertThat(dashboard.at("/links/0/type").asString()).isEqualTo("link");
		assertThat(dashboard.at("/links/0/url").asString()).isEqualTo(RUNBOOK);
		Set<String> linked = new TreeSet<>();
		dashboard.at("/panels").forEach((panel) -> panel.at("/links").forEach((link) -> {
			assertThat(panel.at("/description").asString()).contains(link.at("/title").asString());
			assertThat(link.at("/url").asString())
				.isEqualTo(RUNBOOK + "#" + link.at("/title").asString().toLowerCase(Locale.ROOT));
			linked.add(link.at("/title").asString());
		}));
		assertThat(linked).containsExactlyInAnyOrderElementsOf(Watch.alerts().stream().map(Watch.Rule::name).toList());
		((ObjectNode) dashboard).putArray("links");
		dashboard.at("/panels").forEach((panel) -> ((ObjectNode) panel).remove("links"));
		assertThat(dashboard).isEqualTo(Watch.dashboard());
	}

	private static JsonNode dashboard(ConfigMap map) {
		return JsonMapper.shared().readTree(map.getData().get("tcp-echo.json"));
	}

	private static List<Watch.Rule> alerts(String rules) {
		return Watch.rules(rules).stream().filter(Watch.Rule::isAlert).toList();
	}

}
