package io.tcpecho;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What Helm makes of the chart, and what would otherwise break in a cluster only.
 */
class ChartTests {

	private static final Map<String, String> SELECTOR = Map.of("app.kubernetes.io/name", "tcp-echo",
			"app.kubernetes.io/instance", "echo");

	private static final Path EVERYTHING = Path.of("src/test/resources/everything.yaml");

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
		Chart chart = everything();
		assertThat(chart.objects()).extracting(HasMetadata::getKind)
			.containsExactlyInAnyOrder("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget",
					"NetworkPolicy", "NetworkPolicy", "Pod", "HorizontalPodAutoscaler", "PodMonitor", "PrometheusRule",
					"ConfigMap", "TCPRoute", "Service", "Secret");
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
			"tcpRoute: {enabled: true; parentRefs: [{name: gateway}]}, TCPRoute, true" })
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
		assertThat(everything().container().getImage()).matches("registry.example.com/tcp-echo@sha256:[0-9a-f]{64}");
	}

	@Test
	void anOlderKubernetesIsRefused() {
		assertThat(Chart.read("Chart.yaml")).containsEntry("kubeVersion", ">=" + Chart.KUBERNETES + "-0");
		assertThatIllegalStateException().isThrownBy(() -> Chart.manifest("1.30.9", ""))
			.withMessageContaining("chart requires kubeVersion");
	}

	@Test
	void theDefaultPortsAreTheApplicationsOwn() {
		assertThat(Chart.render("").container().getPorts()).extracting(ContainerPort::getContainerPort)
			.containsExactly(EchoPropertiesTests.bind(Map.of()).port(), 8080);
		assertThat(Chart.render("").get(Service.class).getSpec().getPorts()).extracting(ServicePort::getPort)
			.containsExactly(EchoPropertiesTests.bind(Map.of()).port());
	}

	@Test
	void theDefaultDrainTimeoutIsTheApplicationsOwn() {
		try (ConfigurableApplicationContext application = run(Chart.render("").container())) {
			assertThat(application.getBean(EchoProperties.class)).isEqualTo(EchoPropertiesTests.bind(Map.of()));
		}
	}

	@Test
	void theApplicationTakesItsSettingsFromTheEnvironment() {
		Container container = everything().container();
		try (ConfigurableApplicationContext application = run(container)) {
			assertThat(application.getBean(EchoProperties.class))
				.isEqualTo(new EchoProperties("", 24000, 0, 5, DataSize.ofKilobytes(1), 10_000_000,
						Duration.ofMinutes(30), new EchoProperties.Linger(Duration.ofSeconds(2), DataSize.ofBytes(0)),
						Duration.ofMinutes(2), EchoProperties.Reply.MESSAGE, new EchoProperties.Identity("", "", ""),
						EchoProperties.ProxyProtocol.OFF));
			assertThat(Map.of("server.port", "9000", "logging.structured.format.console", "ecs",
					"management.endpoint.health.show-details", "never", "spring.threads.virtual.enabled", "true"))
				.allSatisfy(
						(name, value) -> assertThat(application.getEnvironment().getProperty(name)).isEqualTo(value));
		}
		assertThat(container.getPorts()).extracting(ContainerPort::getContainerPort).containsExactly(24000, 9000);
	}

	@Test
	void aChangedSettingRollsThePods() {
		assertThat(Chart.render("config: {echo: {backlog: 5}}").get(Deployment.class).getSpec().getTemplate())
			.isNotEqualTo(Chart.render("").get(Deployment.class).getSpec().getTemplate());
	}

	@Test
	void namedPortsExist() {
		Chart chart = everything();
		assertThat(chart.container().getPorts()).extracting(ContainerPort::getName).containsExactly("echo", "actuator");
		assertThat(probes(chart)).extracting((probe) -> probe.getHttpGet().getPort())
			.containsOnly(new IntOrString("actuator"));
		assertThat(chart.get(Service.class).getSpec().getPorts()).extracting(ServicePort::getTargetPort)
			.as("Actuator is on no Service")
			.containsExactly(new IntOrString("echo"));
		assertThat(chart.get(NetworkPolicy.class).getSpec().getIngress())
			.flatExtracting(NetworkPolicyIngressRule::getPorts)
			.extracting(NetworkPolicyPort::getPort)
			.containsExactly(new IntOrString("echo"), new IntOrString("actuator"));
		assertThat(chart.get(PodMonitor.class).getSpec().getPodMetricsEndpoints())
			.extracting(PodMetricsEndpoint::getPort)
			.containsExactly("actuator");
		assertThat(chart.get(TCPRoute.class).getSpec().getRules().getFirst().getBackendRefs()).allSatisfy((backend) -> {
			assertThat(backend.getName()).isEqualTo(chart.get(Service.class).getMetadata().getName());
			assertThat(backend.getPort()).isEqualTo(7);
		});
	}

	@Test
	void theApplicationAnswersWhereItIsProbedAndScraped() throws IOException, InterruptedException {
		Chart chart = everything();
		assertThat(chart.container().getReadinessProbe().getHttpGet().getPath()).endsWith("/readiness");
		assertThat(chart.container().getLivenessProbe().getHttpGet().getPath()).endsWith("/liveness");
		List<String> paths = Stream
			.concat(probes(chart).stream().map(Probe::getHttpGet).map(HTTPGetAction::getPath),
					chart.get(PodMonitor.class)
						.getSpec()
						.getPodMetricsEndpoints()
						.stream()
						.map(PodMetricsEndpoint::getPath))
			.toList();
		try (TestService service = TestService.start(); HttpClient http = HttpClient.newHttpClient()) {
			for (String path : paths) {
				URI uri = URI.create("http://localhost:" + service.actuatorPort() + path);
				assertThat(http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()).statusCode())
					.as(path)
					.isEqualTo(200);
			}
		}
	}

	@Test
	void podsMeetTheRestrictedPodSecurityStandard() {
		for (Chart chart : List.of(Chart.render(""), everything())) {
			assertRestricted(chart.pod());
			assertRestricted(chart.get(Pod.class).getSpec());
			assertThat(chart.get(ServiceAccount.class).getAutomountServiceAccountToken()).isFalse();
		}
	}

	/**
	 * https://kubernetes.io/docs/concepts/security/pod-security-standards, and beyond.
	 */
	private static void assertRestricted(PodSpec pod) {
		assertThat(pod.getHostNetwork()).isNull();
		assertThat(pod.getHostPID()).isNull();
		assertThat(pod.getHostIPC()).isNull();
		assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
		assertThat(pod.getSecurityContext().getRunAsUser()).isIn(null, 10_001L);
		assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
		assertThat(pod.getSecurityContext().getSysctls()).isEmpty();
		assertThat(pod.getAutomountServiceAccountToken()).isFalse();
		assertThat(pod.getEnableServiceLinks()).isFalse();
		assertThat(pod.getVolumes()).filteredOn((volume) -> volume.getConfigMap() == null)
			.allSatisfy((volume) -> assertThat(volume.getEmptyDir()).isNotNull());
		assertThat(pod.getInitContainers()).isEmpty();
		// Those that the values bring have to see to it themselves.
		assertThat(pod.getContainers().getFirst()).satisfies((container) -> {
			SecurityContext context = container.getSecurityContext();
			assertThat(context.getPrivileged()).isNull();
			assertThat(context.getProcMount()).isNull();
			assertThat(context.getSeccompProfile()).as("the pod's").isNull();
			assertThat(context.getRunAsUser()).as("the pod's").isNull();
			assertThat(context.getRunAsNonRoot()).as("the pod's").isNull();
			assertThat(context.getAllowPrivilegeEscalation()).isFalse();
			assertThat(context.getReadOnlyRootFilesystem()).isTrue();
			assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
			assertThat(context.getCapabilities().getAdd()).isEmpty();
			assertThat(container.getPorts()).allSatisfy((port) -> assertThat(port.getHostPort()).isNull());
			assertThat(container.getResources().getLimits()).containsKey("memory");
		});
	}

	@Test
	void selectorsTakeTheServicesPodsAndNoOthers() {
		String values = "podLabels: {team: network}\ncommonLabels: {tier: edge}\nhealthService: {enabled: true}\n"
				+ "metrics: {podMonitor: {enabled: true}}\nnetworkPolicy: {clients: [{podSelector: {}}]}";
		Chart chart = Chart.render(values);
		DeploymentSpec deployment = chart.get(Deployment.class).getSpec();
		assertThat(List.of(deployment.getSelector().getMatchLabels(), chart.get(Service.class).getSpec().getSelector(),
				chart.get(Service.class, "echo-tcp-echo-health").getSpec().getSelector(),
				chart.get(NetworkPolicy.class, "echo-tcp-echo-test")
					.getSpec()
					.getEgress()
					.getFirst()
					.getTo()
					.getFirst()
					.getPodSelector()
					.getMatchLabels(),
				chart.get(PodDisruptionBudget.class).getSpec().getSelector().getMatchLabels(),
				chart.get(NetworkPolicy.class).getSpec().getPodSelector().getMatchLabels(),
				chart.get(PodMonitor.class).getSpec().getSelector().getMatchLabels()))
			.containsOnly(SELECTOR);
		assertThat(deployment.getTemplate().getSpec().getTopologySpreadConstraints())
			.extracting((constraint) -> constraint.getLabelSelector().getMatchLabels())
			.containsOnly(SELECTOR);
		assertThat(deployment.getTemplate().getMetadata().getLabels()).containsAllEntriesOf(SELECTOR)
			.containsEntry("team", "network");
		assertThat(chart.get(Pod.class).getMetadata().getLabels()).doesNotContainEntry("app.kubernetes.io/name",
				"tcp-echo");
		assertThat(chart.get(NetworkPolicy.class, "echo-tcp-echo-test").getSpec().getPodSelector().getMatchLabels())
			.isNotEmpty()
			.allSatisfy((name, value) -> assertThat(chart.get(Pod.class).getMetadata().getLabels()).containsEntry(name,
					value));
	}

	@Test
	void commonLabelsAreOnEveryObjectAndOnThePods() {
		Chart chart = everything();
		assertThat(chart.objects()).filteredOn((object) -> !(object instanceof Secret))
			.allSatisfy((object) -> assertThat(object.getMetadata().getLabels()).containsEntry("tier", "edge"));
		assertThat(chart.get(Deployment.class).getSpec().getTemplate().getMetadata().getLabels()).containsEntry("tier",
				"edge");
	}

	@Test
	void whatIsExtraIsThereAsItWasGiven() {
		Chart chart = everything();
		assertThat(chart.pod().getVolumes()).extracting(Volume::getName).containsExactly("tmp", "trust");
		assertThat(chart.container().getVolumeMounts()).extracting(VolumeMount::getMountPath)
			.containsExactly("/tmp", "/trust");
		assertThat(chart.pod().getContainers()).extracting(Container::getName).containsExactly("tcp-echo", "sidecar");
		assertThat(chart.get(Secret.class).getMetadata().getName()).as("rendered").isEqualTo("echo-extra");
	}

	@Test
	void whatTheDeploymentAndTheAutoscalerTakeFromTheValuesTheyHave() {
		Chart chart = everything();
		assertThat(chart.get(Deployment.class).getSpec().getRevisionHistoryLimit()).isEqualTo(3);
		assertThat(chart.get(HorizontalPodAutoscaler.class)
			.getSpec()
			.getBehavior()
			.getScaleDown()
			.getStabilizationWindowSeconds()).isEqualTo(600);
		for (PodSpec pod : List.of(chart.pod(), chart.get(Pod.class).getSpec())) {
			assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(10_001);
			assertThat(pod.getSecurityContext().getRunAsGroup()).isEqualTo(10_002);
			assertThat(pod.getSecurityContext().getFsGroup()).isEqualTo(10_003);
		}
		assertThat(probes(chart)).extracting(Probe::getPeriodSeconds).containsExactly(2, 11, 6);
		assertThat(probes(chart)).extracting(Probe::getTimeoutSeconds).containsExactly(3, 6, 3);
		assertThat(probes(chart)).extracting(Probe::getFailureThreshold).containsExactly(60, 7, 3);
		assertThat(chart.container().getResources().getLimits()).containsKey("ephemeral-storage");
	}

	@Test
	void healthChecksOfANodeAreAboutThePodsOnIt() {
		var service = everything().get(Service.class, "ping-health").getSpec();
		assertThat(service.getType()).isEqualTo("NodePort");
		assertThat(service.getExternalTrafficPolicy()).isEqualTo("Local");
		assertThat(service.getPorts()).singleElement().satisfies((port) -> {
			assertThat(port.getPort()).isEqualTo(9001);
			assertThat(port.getNodePort()).isEqualTo(30080);
			assertThat(port.getTargetPort()).isEqualTo(new IntOrString("actuator"));
		});
		assertThat(Chart.render("healthService: {enabled: true}")
			.get(Service.class, "echo-tcp-echo-health")
			.getSpec()
			.getExternalTrafficPolicy()).as("Kubernetes refuses it for ClusterIP").isNull();
	}

	@Test
	void thePodOfHelmTestMayAskDnsAndTheServiceAndNothingElse() {
		var policy = everything().get(NetworkPolicy.class, "ping-test").getSpec();
		assertThat(policy.getPolicyTypes()).containsExactly("Egress");
		assertThat(policy.getEgress()).hasSize(2);
		assertThat(policy.getEgress().getFirst().getPorts()).extracting(NetworkPolicyPort::getPort)
			.containsExactly(new IntOrString("echo"));
		assertThat(policy.getEgress().getLast().getPorts()).extracting(NetworkPolicyPort::getPort)
			.containsOnly(new IntOrString(53), new IntOrString(5353));
	}

	@Test
	void aRolloutTakesNoPodAwayBeforeItsSuccessorIsReady() {
		Chart chart = Chart.render("");
		assertThat(chart.get(Deployment.class).getSpec().getReplicas()).isEqualTo(2);
		assertThat(chart.get(Deployment.class).getSpec().getStrategy().getRollingUpdate().getMaxUnavailable())
			.isEqualTo(new IntOrString(0));
		assertThat(chart.container().getLifecycle().getPreStop().getSleep().getSeconds()).isEqualTo(5);
		assertThat(chart.pod().getTopologySpreadConstraints()).extracting(TopologySpreadConstraint::getTopologyKey)
			.containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
		assertThat(chart.get(PodDisruptionBudget.class).getSpec().getMaxUnavailable()).isEqualTo(new IntOrString(1));
	}

	@ParameterizedTest
	@CsvSource({ "20s, 5, 35", "0s, 0, 10", "2m, 15, 145", "90s, 5, 105" })
	void theGracePeriodCoversPreStopAndDrain(String drainTimeout, long preStop, long gracePeriod) {
		Chart chart = Chart
			.render("preStopSleepSeconds: %d\nconfig: {echo: {drain-timeout: %s}}".formatted(preStop, drainTimeout));
		assertThat(chart.pod().getTerminationGracePeriodSeconds()).isEqualTo(gracePeriod);
		assertThat(chart.container().getLifecycle() != null).as("Kubernetes refuses to sleep 0 s before 1.34")
			.isEqualTo(preStop > 0);
	}

	@Test
	void anAutoscalerOwnsTheNumberOfPods() {
		Chart chart = everything();
		assertThat(chart.get(Deployment.class).getSpec().getReplicas()).isNull();
		assertThat(chart.get(HorizontalPodAutoscaler.class).getSpec().getScaleTargetRef().getName())
			.isEqualTo(chart.get(Deployment.class).getMetadata().getName());
	}

	@Test
	void theNetworkPolicyLetsClientsEchoAndMonitoringScrape() {
		NetworkPolicy open = Chart.render("").get(NetworkPolicy.class);
		assertThat(open.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
		assertThat(open.getSpec().getEgress()).isEmpty();
		assertThat(open.getSpec().getIngress().getFirst().getFrom()).as("everyone").isEmpty();
		assertThat(open.getSpec().getIngress().getLast().getFrom()).hasSize(1);
		NetworkPolicy closed = everything().get(NetworkPolicy.class);
		assertThat(closed.getSpec().getIngress().getFirst().getFrom())
			.extracting((peer) -> peer.getPodSelector().getMatchLabels())
			.containsExactly(Map.of("app", "client"),
					Map.of("app.kubernetes.io/name", "pong-test", "app.kubernetes.io/instance", "echo"));
		assertThat(everything().get(Pod.class).getMetadata().getLabels()).as("the pod of helm test is a client")
			.containsAllEntriesOf(
					closed.getSpec().getIngress().getFirst().getFrom().getLast().getPodSelector().getMatchLabels());
		NetworkPolicy unwatched = Chart.render("networkPolicy: {monitoring: []}").get(NetworkPolicy.class);
		assertThat(unwatched.getSpec().getIngress()).hasSize(1);
	}

	@Test
	void theServiceIsWhatTheValuesSay() {
		var service = everything().get(Service.class).getSpec();
		assertThat(service.getType()).isEqualTo("LoadBalancer");
		assertThat(service.getExternalTrafficPolicy()).isEqualTo("Local");
		assertThat(service.getTrafficDistribution()).isEqualTo("PreferClose");
		assertThat(service.getIpFamilyPolicy()).isEqualTo("PreferDualStack");
		assertThat(service.getIpFamilies()).containsExactly("IPv6", "IPv4");
		assertThat(service.getLoadBalancerClass()).isEqualTo("example.com/internal");
		assertThat(service.getLoadBalancerSourceRanges()).containsExactly("192.0.2.0/24", "2001:db8::/32");
		assertThat(service.getPorts()).singleElement().satisfies((port) -> {
			assertThat(port.getPort()).isEqualTo(7);
			assertThat(port.getNodePort()).isEqualTo(30007);
			assertThat(port.getAppProtocol()).isEqualTo("tcp");
		});
	}

	@Test
	void helmTestSendsThroughTheServiceFromTheSameImage() {
		Chart chart = everything();
		Pod test = chart.get(Pod.class);
		assertThat(test.getMetadata().getAnnotations()).containsEntry(Chart.HOOK, "test");
		assertThat(test.getSpec().getContainers().getFirst().getImage()).isEqualTo(chart.container().getImage());
		assertThat(test.getSpec().getContainers().getFirst().getArgs()).startsWith("send", "--host=ping", "--port=7");
	}

	@Test
	void theNotesSayHowToReachIt() {
		assertThat(Chart.notes("service: {port: 7}")).contains("port 7 of echo-tcp-echo.apps", "helm test echo",
				"port-forward deployment/echo-tcp-echo 8080");
	}

	@Test
	void labelsAreStringsWhateverTheyLookLike() {
		Chart chart = Chart.render("nameOverride: 'on'\nimage: {tag: '1.0'}");
		assertThat(chart.get(Deployment.class).getMetadata().getLabels()).containsEntry("app.kubernetes.io/name", "on")
			.containsEntry("app.kubernetes.io/version", "1.0");
	}

	@Test
	void theLongestNamesFit() {
		Chart chart = Chart.render("fullnameOverride: " + "a".repeat(56));
		assertThat(chart.objects())
			.allSatisfy((object) -> assertThat(object.getMetadata().getName()).hasSizeLessThanOrEqualTo(63));
	}

	private static Chart everything() {
		try {
			return Chart.render(Files.readString(EVERYTHING));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static List<String> kinds(Chart chart) {
		return chart.objects().stream().map(HasMetadata::getKind).toList();
	}

	private static List<Probe> probes(Chart chart) {
		Container container = chart.container();
		return List.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe());
	}

	/** The application's settings in a process with the container's environment. */
	private static ConfigurableApplicationContext run(Container container) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
							container.getEnv().stream().collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue))));
		SpringApplication application = new SpringApplicationBuilder(Settings.class).web(WebApplicationType.NONE)
			.environment(environment)
			.build();
		// The logging system is the whole JVM's, and other tests read what it prints.
		application.setListeners(application.getListeners()
			.stream()
			.filter((listener) -> !(listener instanceof LoggingApplicationListener))
			.toList());
		return application.run();
	}

	@EnableConfigurationProperties(EchoProperties.class)
	static class Settings {

	}

}
