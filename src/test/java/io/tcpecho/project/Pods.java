package io.tcpecho.project;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.readiness.Readiness;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Runs pods of the tests' own in a cluster, and asks any of its namespace: for its log,
 * how it ended, or, if it is of the service, its Actuator.
 */
record Pods(Cluster cluster) {

	static final String JAVA = "/opt/jre/bin/java";

	PodResource named(String name) {
		return this.cluster.client.pods().inNamespace(this.cluster.namespace()).withName(name);
	}

	/** Asks a pod's Actuator through a port-forward, which no network policy stops. */
	String actuator(String pod, int port, String path) {
		try (LocalPortForward forward = named(pod).portForward(port);
				InputStream answer = URI
					.create("http://localhost:%d/actuator/%s".formatted(forward.getLocalPort(), path))
					.toURL()
					.openStream()) {
			return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static boolean isReady(Pod pod) {
		return Readiness.isPodReady(pod);
	}

	static int restarts(Pod pod) {
		return pod.getStatus().getContainerStatuses().stream().mapToInt(ContainerStatus::getRestartCount).sum();
	}

	/** A pod with the image, to be started. */
	PodBuilder client(String name, String... arguments) {
		Pod pod = this.cluster.client.getKubernetesSerialization().unmarshal("""
				metadata: {labels: {app: client}}
				spec:
				  restartPolicy: Never
				  automountServiceAccountToken: false
				  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
				  containers:
				    - name: client
				      resources: {requests: {cpu: 250m}, limits: {memory: 256Mi}}
				      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true,
				          capabilities: {drop: [ALL]}}
				""", Pod.class);
		return new PodBuilder(pod).editMetadata()
			.withName(name)
			.withNamespace(this.cluster.namespace())
			.endMetadata()
			.editSpec()
			.editFirstContainer()
			.withImage(this.cluster.image)
			.withArgs(arguments)
			.endContainer()
			.endSpec();
	}

	/** A pod with the image's Java and a class, to be started. */
	PodBuilder java(Class<?> type, String namespace, String name, String... arguments) throws IOException {
		createClass(type, namespace, name);
		return client(name,
				Stream.concat(Stream.of("-cp", "/classes", type.getName()), Stream.of(arguments))
					.toArray(String[]::new))
			.editMetadata()
			.withNamespace(namespace)
			.endMetadata()
			.editSpec()
			.addNewVolume()
			.withName("classes")
			.withNewConfigMap()
			.withName(name)
			.addNewItem()
			.withKey(type.getSimpleName())
			.withPath(type.getName().replace('.', '/') + ".class")
			.endItem()
			.endConfigMap()
			.endVolume()
			.editFirstContainer()
			.withCommand(JAVA)
			.addNewVolumeMount()
			.withName("classes")
			.withMountPath("/classes")
			.endVolumeMount()
			.endContainer()
			.endSpec();
	}

	/** Makes a ConfigMap, whose only key is the class's simple name. */
	void createClass(Class<?> type, String namespace, String name) throws IOException {
		try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".class")) {
			this.cluster.client
				.resource(new ConfigMapBuilder().withNewMetadata()
					.withName(name)
					.withNamespace(namespace)
					.endMetadata()
					.addToBinaryData(type.getSimpleName(), Base64.getEncoder().encodeToString(file.readAllBytes()))
					.build())
				.create();
		}
	}

	/** Does not wait: it may end soon. */
	void start(PodBuilder pod) {
		this.cluster.client.resource(pod.build()).create();
	}

	/** Waits until it runs, which it must do on and on. */
	Pod run(PodBuilder pod) {
		Pod created = this.cluster.client.resource(pod.build()).create();
		return this.cluster.client.resource(created).waitUntilReady(Cluster.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
	}

	String log(Pod pod, String container) {
		return this.cluster.client.pods()
			.inNamespace(pod.getMetadata().getNamespace())
			.withName(pod.getMetadata().getName())
			.inContainer(container)
			.getLog();
	}

	/** For what a node that is lost has left behind: nobody tells that it has ended. */
	void deletePodsOn(String node) {
		this.cluster.client.pods()
			.inNamespace(this.cluster.namespace())
			.withField("spec.nodeName", node)
			.withGracePeriod(0)
			.delete();
	}

	boolean hasEnded(String pod) {
		return List.of("Succeeded", "Failed").contains(named(pod).get().getStatus().getPhase());
	}

	/** Waits until a pod has ended, which must be well, and returns what it said. */
	String output(String pod) {
		await().atMost(Cluster.TIMEOUT).until(() -> hasEnded(pod));
		String log = named(pod).getLog();
		assertThat(named(pod).get().getStatus().getPhase()).as(log).isEqualTo("Succeeded");
		return log;
	}

	/** Sends a pod SIGTERM, waits until it has ended, and returns what it said. */
	String terminate(String pod) {
		assertThat(hasEnded(pod)).isFalse();
		// Deleting it would take its log away.
		named(pod)
			.edit((running) -> new PodBuilder(running).editSpec().withActiveDeadlineSeconds(1L).endSpec().build());
		await().atMost(Cluster.TIMEOUT).until(() -> hasEnded(pod));
		return named(pod).getLog();
	}

	/** What a drill said at its end. */
	static Map<String, Object> summary(String log) {
		String line = log.lines().filter((one) -> one.startsWith("{\"type\":\"summary\"")).findFirst().orElseThrow();
		return new Yaml().load(line);
	}

}
