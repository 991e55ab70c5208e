package io.tcpecho.project;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Reach;
import io.tcpecho.testing.SlowBodies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * The chart and the image in a real cluster: see the profile "cluster". What needs two
 * nodes or an enforced policy is in {@link PolicyE2E} and {@link SpreadE2E}. What needs
 * other parts is left out: monitoring.coreos.com, Gateway API and load balancers.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ClusterE2E {

	@RegisterExtension
	static final Cluster cluster = new Cluster();

	@RegisterExtension
	static final Release release = new Release(cluster);

	private static final Pods pods = cluster.pods;

	@Test
	void theDefaultsServe() throws IOException {
		Duration install = release.install("");
		assertThat(release.pods()).hasSize(2).allSatisfy((pod) -> {
			assertThat(pod.getSpec().getContainers()).hasSize(1);
			assertThat(Pods.restarts(pod)).isZero();
		});
		assertThat(release.test()).contains("10 sent, 10 echoed, 0 lost");
		cluster.report("`helm install --wait`, two pods, restricted profile",
				"%.1f s".formatted(install.toMillis() / 1000.0));
		cluster.report("from the container's start to its readiness, as the cluster tells",
				"%s s".formatted(release.pods().stream().map(ClusterE2E::readyAfter).toList()));
		cluster.report("`helm test`", "10 sent, 10 echoed, 0 lost");
		cluster.report("the image's `/actuator/info`",
				"`%s`".formatted(pods.actuator(release.pods().getFirst().getMetadata().getName(), 8080, "info")));
	}

	private static long readyAfter(Pod pod) {
		Instant started = Instant
			.parse(pod.getStatus().getContainerStatuses().getFirst().getState().getRunning().getStartedAt());
		return pod.getStatus()
			.getConditions()
			.stream()
			.filter((condition) -> condition.getType().equals("Ready"))
			.map((condition) -> Duration.between(started, Instant.parse(condition.getLastTransitionTime())).toSeconds())
			.findFirst()
			.orElseThrow();
	}

	@Test
	void valuesHaveTheirEffect() throws IOException {
		release.install("{replicas: 1, preStopSleepSeconds: 0, networkPolicy: {enabled: false}}");
		release.install(values());
		release.awaitRollout();
		// Its port and the pod's, the PROXY header and the kind of reply.
		assertThat(release.test()).contains("10 sent, 10 echoed, 0 lost");
		Pod pod = release.pods().getFirst();
		String name = pod.getMetadata().getName();
		assertThat(pod.getMetadata().getLabels()).containsEntry("tier", "edge").containsEntry("team", "network");
		assertThat(pod.getMetadata().getAnnotations()).containsEntry("example.com/note", "1");
		assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("pinger");
		assertThat(pod.getStatus().getContainerStatuses()).as("the sidecar is ready, too")
			.hasSize(2)
			.allMatch((container) -> container.getReady());
		assertThat(pods.named(name).inContainer(release.app()).getLog()).as("ECS, and the variable of env")
			.contains("\"@timestamp\"", "Listening on", ":24000", "Picked up JAVA_TOOL_OPTIONS: -Dmarker=seen");
		assertThat(pods.actuator(name, 9000, "info")).as("a volume, from an object with the release's name")
			.contains("\"release\":\"echo\"");
		assertThat(pods.actuator(name, 9000, "health/readiness")).contains("\"UP\"").doesNotContain("components");
		pods.run(pods.java(Reach.class, cluster.namespace(), "by-service", release.fullname() + "-health:9001")
			.editMetadata()
			.addToLabels("app", "prometheus")
			.endMetadata());
		await()
			.until(() -> pods.named("by-service").getLog().contains("reached " + release.fullname() + "-health:9001"));
		pods.named("by-service").delete();
		assertThat(release.replicaSets()).as("revisionHistoryLimit").isEqualTo(1);
		int nodePort = release.service().getSpec().getPorts().getFirst().getNodePort();
		pods.start(pods.client("by-node", "send", "--host", pod.getStatus().getHostIP(), "--port",
				String.valueOf(nodePort), "--wait", "30s", "--proxy-protocol", "v1", "--reply", "identity", "hello"));
		assertThat(pods.output("by-node")).contains("\"received\":5", "\"instance\":\"%s\"".formatted(name),
				"\"node\":\"%s\"".formatted(pod.getSpec().getNodeName()));

		Release ping = new Release(cluster, "ping", "pong", "ping");
		ping.install(
				"""
						nameOverride: pong
						fullnameOverride: ping
						autoscaling: {enabled: true, minReplicas: 3, maxReplicas: 4, behavior: {scaleDown: {stabilizationWindowSeconds: 600}}}
						podDisruptionBudget: {maxUnavailable: 50%}
						serviceAccount: {create: false, name: default}
						networkPolicy: {enabled: false}
						preStopSleepSeconds: 0
						""");
		await().untilAsserted(() -> assertThat(ping.pods()).hasSize(3).allMatch(Pods::isReady));
		assertThat(ping.test()).contains("10 sent, 10 echoed, 0 lost");
		ping.uninstall();
		cluster.report("an upgrade of nearly all values, and a second release with other names",
				"`helm test` is green for both; settings, PROXY headers, identity, sidecar, volume, health Service, "
						+ "NodePort and the autoscaler's three pods seen");
	}

	private static String values() throws IOException {
		try (InputStream values = ClusterE2E.class.getResourceAsStream("/cluster.yaml")) {
			String image = System.getProperty("image");
			return new String(values.readAllBytes(), StandardCharsets.UTF_8).replace("IMAGE", image);
		}
	}

	@Test
	void nothingIsLostByRolloutsDeletionsAndEvictions() throws IOException {
		release.install("config: {echo: {reply: identity}}");
		pods.run(pods.client("load", "send", "--host", release.fullname(), "--parallel", "8", "--duration", "10m",
				"--reply", "identity", "--json", "hello"));
		release.awaitEchoes();
		for (int i = 0; i < 3; i++) {
			release.restart();
			release.awaitEchoes();
		}
		String deleted = release.podNames().getFirst();
		pods.named(deleted).delete();
		awaitTwoWithout(deleted);
		List<String> evicted = release.podNames();
		assertThat(pods.named(evicted.getFirst()).evict()).isTrue();
		assertThat(pods.named(evicted.getLast()).evict()).as("the disruption budget lets only one go").isFalse();
		awaitTwoWithout(evicted.getFirst());
		await().until(() -> pods.named(evicted.getLast()).evict());
		awaitTwoWithout(evicted.getLast());

		Map<String, Object> summary = Pods.summary(pods.terminate("load"));
		cluster.report("three rollouts, a deletion and two evictions under load from a pod, 8 at a time",
				"%s sent, %s lost, by %d instances; %s a second, p99.9 %s ms, slowest %s ms, longest gap without an echo %s ms"
					.formatted(summary.get("sent"), summary.get("lost"), ((List<?>) summary.get("instances")).size(),
							summary.get("rate"), summary.get("p999Milliseconds"), summary.get("maxMilliseconds"),
							summary.get("gapMilliseconds")));
		assertThat(summary).as(summary.toString()).containsEntry("lost", 0);
		assertThat((List<?>) summary.get("instances")).hasSize(2 + 3 * 2 + 1 + 2);
	}

	/** Until one has come for the one that goes, and both have echoed. */
	private static void awaitTwoWithout(String gone) {
		await().until(() -> release.podNames().size() == 2 && !release.podNames().contains(gone)
				&& release.pods().stream().allMatch(Pods::isReady));
		release.awaitEchoes();
	}

	@Test
	void aRenewedSecretReachesThePodsAndCostsNoClient(@TempDir Path directory) throws Exception {
		// The authority's lives for 90 days, and what expires first is what the pods
		// tell.
		Certificates certificates = new Certificates(directory).sign("first", (usual) -> usual.notAfter(inDays(30)))
			.sign("second", (usual) -> usual.notAfter(inDays(40)));
		cluster.create(secret(certificates, "first"));
		release.install("tls: {secretName: echo-tls, clientAuth: want}");
		assertThat(release.test()).contains("10 sent, 10 echoed, 0 lost");
		pods.run(pods.client("load-tls", "send", "--host", release.fullname(), "--tls", "--insecure", "--parallel", "8",
				"--duration", "10m", "--json", "hello"));
		long begun = System.nanoTime();
		cluster.update(secret(certificates, "second"));
		await().atMost(3, TimeUnit.MINUTES)
			.untilAsserted(() -> assertThat(release.podNames()).allSatisfy(
					(name) -> assertThat(daysLeft(pods.actuator(name, 8080, "prometheus"))).isBetween(39.0, 40.0)));
		Duration taken = Duration.ofNanos(System.nanoTime() - begun);
		assertThat(release.podNames())
			.allSatisfy((name) -> assertThat(pods.named(name).getLog()).doesNotContain(" ERROR "));

		Map<String, Object> summary = Pods.summary(pods.terminate("load-tls"));
		cluster.report("a Secret that is renewed under load with TLS, 8 at a time",
				"%s sent, %s lost, %d certificates seen; all pods had the new one after %d s".formatted(
						summary.get("sent"), summary.get("lost"), ((List<?>) summary.get("certificates")).size(),
						taken.toSeconds()));
		assertThat(summary).as(summary.toString()).containsEntry("lost", 0);
		assertThat((List<?>) summary.get("certificates")).hasSize(2);
		release.install("tls: {secretName: echo-tls, clientAuth: need}");
		release.awaitRollout();
		assertThat(release.test()).as("with a certificate").contains("10 sent, 10 echoed, 0 lost");
	}

	private static Instant inDays(int days) {
		return Instant.now().plus(Duration.ofDays(days));
	}

	private static Secret secret(Certificates certificates, String name) throws IOException {
		return new SecretBuilder().withNewMetadata()
			.withName("echo-tls")
			.endMetadata()
			.withType("kubernetes.io/tls")
			.addToStringData("tls.crt", Files.readString(certificates.certificate(name)))
			.addToStringData("tls.key", Files.readString(certificates.key(name)))
			.addToStringData("ca.crt", Files.readString(certificates.ca()))
			.build();
	}

	/** Of what the service shows. */
	private static double daysLeft(String scrape) {
		return scrape.lines()
			.filter((line) -> line.startsWith("ssl_chain_expiry_seconds{") && line.contains("source=\"keystore\""))
			.mapToDouble((line) -> Double.parseDouble(line.substring(line.lastIndexOf(' '))) / 86_400)
			.min()
			.orElseThrow();
	}

	@Test
	void noClientOfActuatorHasAPodRestarted() throws IOException {
		release.install("networkPolicy: {monitoring: [{podSelector: {}}]}");
		pods.start(pods.java(SlowBodies.class, cluster.namespace(), "attack",
				Stream
					.concat(Stream.of("75", "8080", "500"),
							release.pods().stream().map((pod) -> pod.getStatus().getPodIP()))
					.toArray(String[]::new)));
		Duration slowest = Duration.ZERO;
		while (!pods.hasEnded("attack")) {
			for (Pod pod : release.pods()) {
				assertThat(Pods.restarts(pod)).isZero();
				assertThat(pod).matches(Pods::isReady, "is ready");
				long asked = System.nanoTime();
				assertThat(pods.actuator(pod.getMetadata().getName(), 8080, "health/liveness")).contains("UP");
				Duration taken = Duration.ofNanos(System.nanoTime() - asked);
				slowest = (taken.compareTo(slowest) > 0) ? taken : slowest;
			}
		}
		String output = pods.output("attack");
		assertThat(release.pods()).hasSize(2).allSatisfy((pod) -> assertThat(Pods.restarts(pod)).isZero());
		cluster.report("75 s of 500 slow POST bodies to each pod's Actuator",
				"no restart, always ready, %d probes of the kubelet failed; slowest answer through a port-forward %d ms; %s"
					.formatted(cluster.events("Unhealthy")
						.filter((event) -> release.podNames().contains(event.getInvolvedObject().getName()))
						.filter((event) -> !event.getMessage().startsWith("Startup"))
						.mapToInt(Event::getCount)
						.sum(), slowest.toMillis(), output.strip()));
	}

	@Test
	void aPodWithTooLittleMemoryNeverTakesThePlaceOfOneThatServes() throws IOException {
		assertThatIllegalStateException()
			.isThrownBy(() -> release.install("resources: {requests: {memory: 128Mi}, limits: {memory: 128Mi}}"))
			.withMessageContaining("resources.limits.memory");
		release.install("");
		List<String> before = release.podNames();
		// More than the limit of 256Mi, as an operator could ask for.
		assertThatIllegalStateException()
			.isThrownBy(() -> release.install(
					"env: [{name: JAVA_TOOL_OPTIONS, value: -Xms400m -Xmx400m -XX:+AlwaysPreTouch}]",
					Duration.ofSeconds(30)))
			.satisfies((ex) -> cluster.report(
					"a pod that needs more memory than its limit: what `helm upgrade --wait` says",
					"`%s`".formatted(ex.getMessage().strip().replace('\n', ' '))));
		await().until(() -> release.pods().stream().anyMatch((pod) -> lastEnd(pod) != null));
		Pod pod = release.pods().stream().filter((one) -> lastEnd(one) != null).findFirst().orElseThrow();
		assertThat(lastEnd(pod).getReason()).isEqualTo("OOMKilled");
		assertThat(lastEnd(pod).getExitCode()).isEqualTo(137);
		assertThat(release.pods().stream().filter(Pods::isReady).map((one) -> one.getMetadata().getName()))
			.as("those of before serve on")
			.containsExactlyInAnyOrderElementsOf(before);
		cluster.report("what the operator sees of that pod",
				"%s, exit code %d, %d restarts; both pods of before are ready".formatted(lastEnd(pod).getReason(),
						lastEnd(pod).getExitCode(), Pods.restarts(pod)));
	}

	private static ContainerStateTerminated lastEnd(Pod pod) {
		// A pod that has just been created has none yet.
		return pod.getStatus()
			.getContainerStatuses()
			.stream()
			.findFirst()
			.map((container) -> container.getLastState().getTerminated())
			.orElse(null);
	}

}
