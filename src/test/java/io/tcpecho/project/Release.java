package io.tcpecho.project;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A release of the chart, in a cluster's namespace. As an extension it is uninstalled
 * after each test.
 *
 * @param name Helm's
 * @param app in the label {@code app.kubernetes.io/name}
 * @param fullname of its Deployment and Service
 */
record Release(Cluster cluster, String name, String app, String fullname) implements AfterEachCallback {

	/** With the names that the chart gives. */
	Release(Cluster cluster) {
		this(cluster, "echo", "tcp-echo", "echo-tcp-echo");
	}

	/**
	 * Installs or upgrades it and waits until it is ready.
	 * @return how long that took
	 */
	Duration install(String values) throws IOException {
		return install(values, Cluster.TIMEOUT);
	}

	Duration install(String values, Duration timeout) throws IOException {
		Path file = Files.createTempFile("values", ".yaml");
		try {
			Files.writeString(file, values);
			long begun = System.nanoTime();
			String image = this.cluster.image;
			int colon = image.lastIndexOf(':');
			new Helm(Chart.DIRECTORY).upgrade()
				.install()
				.withName(this.name)
				.withNamespace(this.cluster.namespace())
				.withValuesFile(file)
				.set("image.repository", image.substring(0, colon))
				.set("image.tag", image.substring(colon + 1))
				.waitReady()
				.withTimeout((int) timeout.toSeconds())
				.call();
			return Duration.ofNanos(System.nanoTime() - begun);
		}
		finally {
			Files.delete(file);
		}
	}

	/**
	 * What helm test does.
	 * @return what its pod said
	 */
	String test() {
		PodResource pod = this.cluster.pods.named(this.fullname + "-test");
		try {
			Helm.test(this.name)
				.withNamespace(this.cluster.namespace())
				.withTimeout((int) Cluster.TIMEOUT.toSeconds())
				.call();
		}
		catch (IllegalStateException ex) {
			throw new AssertionError(ex.getMessage() + pod.getLog(), ex);
		}
		return pod.getLog();
	}

	/** Until none of its pods serves; does nothing if it is not installed. */
	void uninstall() {
		Helm.uninstall(this.name).withNamespace(this.cluster.namespace()).ignoreNotFound().call();
		await().until(() -> pods().isEmpty());
	}

	@Override
	public void afterEach(ExtensionContext context) {
		uninstall();
	}

	private RollableScalableResource<Deployment> deployment() {
		return this.cluster.client.apps().deployments().inNamespace(this.cluster.namespace()).withName(this.fullname);
	}

	/** Those that have not been told to end. */
	List<Pod> pods() {
		return this.cluster.client.pods()
			.inNamespace(this.cluster.namespace())
			.withLabels(Map.of("app.kubernetes.io/instance", this.name, "app.kubernetes.io/name", this.app))
			.list()
			.getItems()
			.stream()
			.filter((pod) -> pod.getMetadata().getDeletionTimestamp() == null)
			.toList();
	}

	List<String> podNames() {
		return pods().stream().map((pod) -> pod.getMetadata().getName()).toList();
	}

	List<String> nodeNames() {
		return pods().stream().map((pod) -> pod.getSpec().getNodeName()).toList();
	}

	/** Until each of its pods, two of them, has echoed. */
	void awaitEchoes() {
		await().untilAsserted(() -> assertThat(podNames()).hasSize(2)
			.allSatisfy((pod) -> assertThat(this.cluster.pods.actuator(pod, 8080, "prometheus"))
				.containsPattern("echo_exchange_duration_seconds_count\\{outcome=\"echoed\"} [1-9]")));
	}

	void restart() {
		deployment().rolling().restart();
		awaitRollout();
	}

	/** Until all pods are of the newest kind, and ready. */
	void awaitRollout() {
		await().atMost(Cluster.TIMEOUT).until(() -> {
			Deployment deployment = deployment().get();
			int wanted = deployment.getSpec().getReplicas();
			return deployment.getMetadata().getGeneration().equals(deployment.getStatus().getObservedGeneration())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getUpdatedReplicas())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getAvailableReplicas())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getReplicas());
		});
	}

	Service service() {
		return this.cluster.client.services().inNamespace(this.cluster.namespace()).withName(this.fullname).get();
	}

	long replicaSets() {
		return this.cluster.client.apps()
			.replicaSets()
			.inNamespace(this.cluster.namespace())
			.list()
			.getItems()
			.stream()
			.filter((set) -> set.getMetadata().getName().startsWith(this.fullname + "-"))
			.count();
	}

}
