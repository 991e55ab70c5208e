package io.tcpecho.project;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAntiAffinity;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.tcpecho.server.TestService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The pods: their security, their probes, how they come and go, and what they have
 * besides.
 */
class ChartPodTests {

	@Test
	void theApplicationAnswersWhereItIsProbedAndScraped() throws IOException, InterruptedException {
		Chart chart = Chart.everything();
		assertThat(chart.container().getReadinessProbe().getHttpGet().getPath()).endsWith("/readiness");
		assertThat(chart.container().getLivenessProbe().getHttpGet().getPath()).endsWith("/liveness");
		List<String> paths = Stream
			.concat(chart.probes().stream().map(Probe::getHttpGet).map(HTTPGetAction::getPath),
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
		for (Chart chart : List.of(Chart.render(""), Chart.everything())) {
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
		assertThat(pod.getVolumes()).filteredOn((volume) -> volume.getConfigMap() == null && volume.getSecret() == null)
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
	void whatIsExtraIsThereAsItWasGiven() {
		Chart chart = Chart.everything();
		assertThat(chart.pod().getVolumes()).extracting(Volume::getName).containsExactly("tmp", "tls", "trust");
		assertThat(chart.container().getVolumeMounts()).extracting(VolumeMount::getMountPath)
			.containsExactly("/tmp", "/tls", "/trust");
		assertThat(chart.pod().getContainers()).extracting(Container::getName).containsExactly("tcp-echo", "sidecar");
		assertThat(chart.get(Secret.class).getMetadata().getName()).as("rendered").isEqualTo("echo-extra");
	}

	/** Of a single file, by subPath, the kubelet never writes a new version. */
	@Test
	void aRenewedCertificateReachesTheContainer() {
		Chart chart = Chart.render("tls: {secretName: echo-tls}");
		assertThat(chart.pod().getVolumes()).filteredOn((volume) -> volume.getName().equals("tls"))
			.singleElement()
			.satisfies((volume) -> {
				assertThat(volume.getSecret().getSecretName()).isEqualTo("echo-tls");
				assertThat(volume.getSecret().getDefaultMode()).as("0644, for whatever user the cluster chooses")
					.isNull();
			});
		assertThat(chart.container().getVolumeMounts()).filteredOn((mount) -> mount.getName().equals("tls"))
			.singleElement()
			.satisfies((mount) -> {
				assertThat(mount.getSubPath()).isNull();
				assertThat(mount.getReadOnly()).isTrue();
			});
		assertThat(chart.get(Pod.class).getSpec().getVolumes()).as("of helm test, which has no need of a key")
			.extracting(Volume::getName)
			.containsExactly("tmp");
	}

	@Test
	void whatTheDeploymentAndTheAutoscalerTakeFromTheValuesTheyHave() {
		Chart chart = Chart.everything();
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
		assertThat(chart.probes()).extracting(Probe::getPeriodSeconds).containsExactly(2, 11, 6);
		assertThat(chart.probes()).extracting(Probe::getTimeoutSeconds).containsExactly(3, 6, 3);
		assertThat(chart.probes()).extracting(Probe::getFailureThreshold).containsExactly(60, 7, 3);
		assertThat(chart.container().getResources().getLimits()).containsKey("ephemeral-storage");
	}

	@Test
	void aRolloutTakesNoPodAwayBeforeItsSuccessorIsReady() {
		Chart chart = Chart.render("");
		assertThat(chart.get(Deployment.class).getSpec().getReplicas()).isEqualTo(2);
		assertThat(chart.get(Deployment.class).getSpec().getStrategy().getRollingUpdate().getMaxUnavailable())
			.isEqualTo(new IntOrString(0));
		assertThat(chart.container().getLifecycle().getPreStop().getSleep().getSeconds()).isEqualTo(5);
		assertThat(chart.get(PodDisruptionBudget.class).getSpec().getMaxUnavailable()).isEqualTo(new IntOrString(1));
	}

	@Test
	void podsAreSpreadOverNodesAndZonesUnlessTheValuesSayOtherwise() {
		assertThat(Chart.render("").pod().getTopologySpreadConstraints())
			.as("of soft ones, nodes that lack a key are not counted")
			.isEmpty();
		PodAntiAffinity spread = Chart.render("").pod().getAffinity().getPodAntiAffinity();
		assertThat(spread.getRequiredDuringSchedulingIgnoredDuringExecution()).isEmpty();
		assertThat(spread.getPreferredDuringSchedulingIgnoredDuringExecution())
			.extracting(WeightedPodAffinityTerm::getPodAffinityTerm)
			.allSatisfy((term) -> assertThat(term.getMatchLabelKeys()).containsExactly("pod-template-hash"))
			.extracting(PodAffinityTerm::getTopologyKey)
			.containsExactly("kubernetes.io/hostname", "topology.kubernetes.io/zone");
		assertThat(Chart.render("affinity: {nodeAffinity: {}}").pod().getAffinity().getPodAntiAffinity()).isNull();
		assertThat(Chart.render("topologySpreadConstraints: [{topologyKey: rack}]").pod().getAffinity()).isNull();
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
		Chart chart = Chart.everything();
		assertThat(chart.get(Deployment.class).getSpec().getReplicas()).isNull();
		assertThat(chart.get(HorizontalPodAutoscaler.class).getSpec().getScaleTargetRef().getName())
			.isEqualTo(chart.get(Deployment.class).getMetadata().getName());
		assertThat(chart.get(HorizontalPodAutoscaler.class).getSpec().getMetrics()).singleElement()
			.satisfies((metric) -> assertThat(metric.getContainerResource().getContainer())
				.as("a sidecar without a request would leave it without a figure")
				.isEqualTo(chart.container().getName()));
	}

}
