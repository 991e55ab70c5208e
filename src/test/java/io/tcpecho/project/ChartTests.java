package io.tcpecho.project;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.tcpecho.server.TestService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.info.BuildProperties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What Helm makes of the chart: its objects, their names and what is on all of them.
 */
class ChartTests {

	@Test
	void helmFindsNothingToComplainOf() {
		LintResult lint = Chart.lint("registry.example.com/tcp-echo");
		assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
		assertThat(lint.getMessages()).noneMatch((message) -> message.contains("[WARN") || message.contains("[ERR"));
	}

	/** In helm lint, "fail" and "required" fail nothing. */
	@Test
	void helmLintRefusesWhatHelmInstallRefuses() {
		LintResult lint = Chart.lint("");
		assertThat(lint.isFailed()).isTrue();
		assertThat(lint.getMessages())
			.anyMatch((message) -> message.contains("Set image.repository to where you have pushed the image"));
	}

	@Test
	void theDefaultsNeedNothingThatAClusterDoesNotHave() {
		assertThat(Chart.render("").objects()).extracting(HasMetadata::getKind)
			.containsExactlyInAnyOrder("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget",
					"NetworkPolicy", "NetworkPolicy", "Pod");
	}

	@Test
	void everythingOnMakesOneObjectOfEachKind() {
		Chart chart = Chart.everything();
		assertThat(chart.objects()).extracting(HasMetadata::getKind)
			.containsExactlyInAnyOrder("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget",
					"NetworkPolicy", "NetworkPolicy", "Pod", "HorizontalPodAutoscaler", "PodMonitor", "PrometheusRule",
					"ConfigMap", "TCPRoute", "TLSRoute", "Service", "Secret");
		assertThat(chart.objects()).allSatisfy((object) -> {
			assertThat(object.getMetadata().getNamespace()).isIn(Chart.NAMESPACE, null);
			assertThat(object.getMetadata().getName()).isIn("ping", "ping-test", "pinger", "ping-health", "echo-extra");
		});
	}

	@ParameterizedTest
	@CsvSource({ "healthService: {enabled: true}, Service, true",
			"serviceAccount: {create: false; name: mine}, ServiceAccount, false",
			"autoscaling: {enabled: true}, HorizontalPodAutoscaler, true",
			"metrics: {podMonitor: {enabled: true}}, PodMonitor, true",
			"metrics: {dashboard: {enabled: true}}, ConfigMap, true",
			"tcpRoute: {enabled: true; parentRefs: [{name: gateway}]}, TCPRoute, true",
			"{tls: {secretName: a}; tlsRoute: {enabled: true; hostnames: [a]; parentRefs: [{name: b}]}}, TLSRoute, true" })
	void eachSwitchAddsOrRemovesOneObject(String values, String kind, boolean added) {
		List<String> before = kinds(Chart.render(""));
		List<String> after = kinds(Chart.render(values.replace(';', ',')));
		List<String> more = new ArrayList<>(added ? after : before);
		(added ? before : after).forEach(more::remove);
		assertThat(more).containsExactly(kind);
		assertThat(after).hasSize(before.size() + (added ? 1 : -1));
	}

	@Test
	void withoutTheNetworkPolicyThePodOfHelmTestHasNoneEither() {
		assertThat(Chart.render("networkPolicy: {enabled: false}").has(NetworkPolicy.class)).isFalse();
	}

	@Test
	void itIsOfTheApplicationsVersion() {
		try (TestService service = TestService.start()) {
			String version = service.context().getBean(BuildProperties.class).getVersion();
			assertThat(Chart.read("Chart.yaml")).containsEntry("appVersion", version);
			assertThat(Chart.render("").container().getImage()).isEqualTo("registry.example.com/tcp-echo:" + version);
		}
	}

	@Test
	void aDigestPinsTheImage() {
		assertThat(Chart.everything().container().getImage())
			.matches("registry.example.com/tcp-echo@sha256:[0-9a-f]{64}");
	}

	@Test
	void anOlderKubernetesIsRefused() {
		assertThat(Chart.read("Chart.yaml")).containsEntry("kubeVersion", ">=" + Chart.KUBERNETES + "-0");
		assertThatIllegalStateException().isThrownBy(() -> Chart.manifest("1.30.9", ""))
			.withMessageContaining("chart requires kubeVersion");
	}

	@Test
	void commonLabelsAreOnEveryObjectAndOnThePods() {
		Chart chart = Chart.everything();
		assertThat(chart.objects()).filteredOn((object) -> !(object instanceof Secret))
			.allSatisfy((object) -> assertThat(object.getMetadata().getLabels()).containsEntry("tier", "edge"));
		assertThat(chart.get(Deployment.class).getSpec().getTemplate().getMetadata().getLabels()).containsEntry("tier",
				"edge");
	}

	@Test
	void theNotesSayHowToReachIt() {
		int port = Chart.render("").get(Service.class).getSpec().getPorts().getFirst().getPort();
		assertThat(Chart.notes("service: {port: 7}")).contains("port 7 of echo-tcp-echo.apps", "helm test echo",
				"port-forward deployment/echo-tcp-echo 8080", "printf hello | nc localhost 7");
		assertThat(Chart.notes("{tls: {secretName: a}, config: {echo: {proxy-protocol: required}}}"))
			.contains("target/tcp-echo send --proxy-protocol=v2 --tls --insecure -p %d hello".formatted(port));
		assertThat(Chart.notes("{tls: {secretName: a, clientAuth: need}, config: {echo: {reply: identity}}}"))
			.contains("send --reply=identity --tls --insecure --cert=FILE --key=FILE -p %d hello".formatted(port));
	}

	@Test
	void labelsAreStringsWhateverTheyLookLike() {
		Chart chart = Chart.render("nameOverride: 'on'\nimage: {tag: '1.0'}");
		assertThat(chart.get(Deployment.class).getMetadata().getLabels()).containsEntry("app.kubernetes.io/name", "on")
			.containsEntry("app.kubernetes.io/version", "1.0");
	}

	@Test
	void theLongestNamesFit() {
		for (Chart chart : List.of(Chart.render("fullnameOverride: " + "a".repeat(56)),
				Chart.render("a".repeat(53), "nameOverride: " + "b".repeat(56)),
				Chart.render("a".repeat(52) + "2", "serviceAccount: {create: false, name: default}"))) {
			assertThat(chart.objects()).allSatisfy(
					(object) -> assertThat(object.getMetadata().getName()).matches("[a-z]([a-z0-9-]{0,61}[a-z0-9])?"));
			assertThat(chart.objects()).flatExtracting((object) -> object.getMetadata().getLabels().values())
				.allSatisfy((label) -> assertThat(label).hasSizeLessThanOrEqualTo(63));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "v2.0.0", "1echo", "tcp-echo.1" })
	void aReleaseCalledAsNoServiceCanBeNeedsAnotherNameForItsObjects(String release) {
		assertThatIllegalStateException().isThrownBy(() -> Chart.render(release, ""))
			.withMessageContaining("Set fullnameOverride: no Service can be called " + release);
		assertThat(Chart.render(release, "fullnameOverride: ping").get(Service.class).getMetadata().getName())
			.isEqualTo("ping");
	}

	@Test
	void itIsADependencyThatItsParentSwitches(@TempDir Path on, @TempDir Path off, @TempDir Path bad)
			throws IOException {
		String values = "{enabled: %s, image: {repository: registry.example.com/tcp-echo}, global: {x: 1}}";
		assertThat(Chart.dependency(on, "ping", values.formatted(true)).get(Service.class).getMetadata().getName())
			.isEqualTo("echo-ping");
		assertThat(Chart.dependency(off, "ping", values.formatted(false)).objects()).isEmpty();
		assertThatIllegalStateException().isThrownBy(() -> Chart.dependency(bad, "_Ping", values.formatted(true)))
			.withMessageContaining("Set nameOverride: _Ping cannot be a label");
	}

	private static List<String> kinds(Chart chart) {
		return chart.objects().stream().map(HasMetadata::getKind).toList();
	}

}
