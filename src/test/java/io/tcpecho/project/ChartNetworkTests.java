package io.tcpecho.project;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who reaches what: ports, Services, selectors and policies, which would otherwise break
 * in a cluster only.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChartNetworkTests {

	private static final Map<String, String> SELECTOR = Map.of("app.kubernetes.io/name", "tcp-echo",
			"app.kubernetes.io/instance", "echo");

	@Test
	void namedPortsExist() {
		Chart chart = Chart.everything();
		assertThat(chart.container().getPorts()).extracting(ContainerPort::getName).containsExactly("echo", "actuator");
		assertThat(chart.probes()).extracting((probe) -> probe.getHttpGet().getPort())
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
		assertThat(chart.get(TLSRoute.class).getSpec().getHostnames()).containsExactly("echo.example.com",
				"*.echo.example.com");
		assertThat(chart.get(TLSRoute.class).getSpec().getRules()).singleElement()
			.satisfies((rule) -> assertThat(rule.getBackendRefs())
				.isEqualTo(chart.get(TCPRoute.class).getSpec().getRules().getFirst().getBackendRefs()));
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
		assertThat(deployment.getTemplate()
			.getSpec()
			.getAffinity()
			.getPodAntiAffinity()
			.getPreferredDuringSchedulingIgnoredDuringExecution())
			.extracting((preferred) -> preferred.getPodAffinityTerm().getLabelSelector().getMatchLabels())
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
	void healthChecksOfANodeAreAboutThePodsOnIt() {
		var service = Chart.everything().get(Service.class, "ping-health").getSpec();
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
		var policy = Chart.everything().get(NetworkPolicy.class, "ping-test").getSpec();
		assertThat(policy.getPolicyTypes()).containsExactly("Egress");
		assertThat(policy.getEgress()).hasSize(2);
		assertThat(policy.getEgress().getFirst().getPorts()).extracting(NetworkPolicyPort::getPort)
			.containsExactly(new IntOrString("echo"));
		assertThat(policy.getEgress().getLast().getPorts()).extracting(NetworkPolicyPort::getPort)
			.containsOnly(new IntOrString(53), new IntOrString(5353));
	}

	@Test
	void theNetworkPolicyLetsClientsEchoAndMonitoringScrape() {
		NetworkPolicy open = Chart.render("").get(NetworkPolicy.class);
		assertThat(open.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
		assertThat(open.getSpec().getEgress()).isEmpty();
		assertThat(open.getSpec().getIngress().getFirst().getFrom()).as("everyone").isEmpty();
		assertThat(open.getSpec().getIngress().getLast().getFrom()).hasSize(1);
		NetworkPolicy closed = Chart.everything().get(NetworkPolicy.class);
		assertThat(closed.getSpec().getIngress().getFirst().getFrom())
			.extracting((peer) -> peer.getPodSelector().getMatchLabels())
			.containsExactly(Map.of("app", "client"),
					Map.of("app.kubernetes.io/name", "pong-test", "app.kubernetes.io/instance", "echo"));
		assertThat(Chart.everything().get(Pod.class).getMetadata().getLabels()).as("the pod of helm test is a client")
			.containsAllEntriesOf(
					closed.getSpec().getIngress().getFirst().getFrom().getLast().getPodSelector().getMatchLabels());
		NetworkPolicy unwatched = Chart.render("networkPolicy: {monitoring: []}").get(NetworkPolicy.class);
		assertThat(unwatched.getSpec().getIngress()).hasSize(1);
	}

	@Test
	void theReadmeSaysWhoReachesWhat() throws IOException {
		assertThat(Files.readString(Chart.DIRECTORY.resolve("README.md"))).contains(Peer.table());
	}

	@Test
	void theServiceIsWhatTheValuesSay() {
		var service = Chart.everything().get(Service.class).getSpec();
		assertThat(service.getType()).isEqualTo("LoadBalancer");
		assertThat(service.getSessionAffinity()).isEqualTo("ClientIP");
		assertThat(service.getSessionAffinityConfig().getClientIP().getTimeoutSeconds()).isEqualTo(600);
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
		Chart chart = Chart.everything();
		Pod test = chart.get(Pod.class);
		assertThat(test.getMetadata().getAnnotations()).containsEntry(Chart.HOOK, "test")
			.containsEntry("sidecar.istio.io/inject", "false");
		assertThat(test.getMetadata().getLabels()).containsEntry("sidecar.istio.io/inject", "false");
		assertThat(test.getSpec().getContainers().getFirst().getImage()).isEqualTo(chart.container().getImage());
		assertThat(test.getSpec().getContainers().getFirst().getArgs())
			.startsWith("send", "--host=ping", "--port=7", "--wait=30s")
			.contains("--reply=identity", "--proxy-protocol=v2", "--tls", "--cert=/tls/tls.crt", "--key=/tls/tls.key")
			// As long as the least of config.echo.max-message-size.
			.last()
			.asString()
			.hasSize(1);
		assertThat(test.getSpec().getContainers().getFirst().getVolumeMounts()).extracting(VolumeMount::getMountPath)
			.containsExactly("/tmp", "/tls");
		for (String values : List.of("tls: {secretName: echo-tls, clientAuth: want}",
				"config: {echo: {ssl: {bundle: mine}}}")) {
			assertThat(Chart.render(values).get(Pod.class).getSpec().getContainers().getFirst().getArgs())
				.contains("--tls", "--insecure")
				.noneMatch((argument) -> argument.startsWith("--cert"));
		}
		assertThat(Chart.render("config: {echo: {proxy-protocol: off}}")
			.get(Pod.class)
			.getSpec()
			.getContainers()
			.getFirst()
			.getArgs()).noneMatch((argument) -> argument.matches("--(reply|proxy-protocol|tls|insecure).*"));
	}

}
