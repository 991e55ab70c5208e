package io.tcpecho.project;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import io.fabric8.kubernetes.client.readiness.Readiness;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The cluster of KUBECONFIG, a namespace in it that enforces the restricted Pod Security
 * Standard and goes when this is closed, and the report of what was seen.
 */
final class Cluster implements AutoCloseable {

	private static final Path REPORT = Path.of("target/cluster.md");

	/** In seconds: what a release may take until it is ready, on a busy machine. */
	private static final int TIMEOUT = 120;

	/**
	 * A refusal, by a disruption budget for instance, is an answer and not tried again.
	 */
	private final KubernetesClient client = new KubernetesClientBuilder()
		.withConfig(new ConfigBuilder().withRequestRetryBackoffLimit(0).build())
		.build();

	private final String image = System.getProperty("image");

	private final String namespace;

	private final List<String> report = new ArrayList<>();

	Cluster() throws IOException {
		this.namespace = this.client.namespaces()
			.resource(new NamespaceBuilder().withNewMetadata()
				.withGenerateName("tcp-echo-")
				.addToLabels("pod-security.kubernetes.io/enforce", "restricted")
				.endMetadata()
				.build())
			.create()
			.getMetadata()
			.getName();
		this.report.add("# The chart and `%s` on Kubernetes %s\n".formatted(this.image,
				this.client.getKubernetesVersion().getGitVersion()));
		this.report.add("| what | seen |\n| --- | --- |");
		Files.write(REPORT, this.report);
	}

	/** Adds a line to the report, which is written at once. */
	void report(String what, String seen) throws IOException {
		this.report.add("| %s | %s |".formatted(what, seen));
		Files.write(REPORT, this.report);
	}

	/**
	 * Installs or upgrades a release and waits until it is ready.
	 * @return how long that took
	 */
	Duration install(String release, String values) throws IOException {
		return install(release, values, TIMEOUT);
	}

	Duration install(String release, String values, int timeout) throws IOException {
		Path file = Files.createTempFile("values", ".yaml");
		try {
			Files.writeString(file, values);
			long begun = System.nanoTime();
			int colon = this.image.lastIndexOf(':');
			new Helm(Chart.DIRECTORY).upgrade()
				.install()
				.withName(release)
				.withNamespace(this.namespace)
				.withValuesFile(file)
				.set("image.repository", this.image.substring(0, colon))
				.set("image.tag", this.image.substring(colon + 1))
				.waitReady()
				.withTimeout(timeout)
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
	String test(String release, String fullname) {
		Helm.test(release).withNamespace(this.namespace).withTimeout(TIMEOUT).call();
		return pod(fullname + "-test").getLog();
	}

	void uninstall(String release) {
		Helm.uninstall(release).withNamespace(this.namespace).call();
	}

	RollableScalableResource<Deployment> deployment(String fullname) {
		return this.client.apps().deployments().inNamespace(this.namespace).withName(fullname);
	}

	/** Those of a release that have not been told to end. */
	List<Pod> pods(String release, String name) {
		return this.client.pods()
			.inNamespace(this.namespace)
			.withLabels(Map.of("app.kubernetes.io/instance", release, "app.kubernetes.io/name", name))
			.list()
			.getItems()
			.stream()
			.filter((pod) -> pod.getMetadata().getDeletionTimestamp() == null)
			.toList();
	}

	PodResource pod(String name) {
		return this.client.pods().inNamespace(this.namespace).withName(name);
	}

	/** Until all pods of a Deployment are of its newest kind, and ready. */
	void awaitRollout(String fullname) {
		await().atMost(TIMEOUT, TimeUnit.SECONDS).until(() -> {
			Deployment deployment = deployment(fullname).get();
			int wanted = deployment.getSpec().getReplicas();
			return deployment.getMetadata().getGeneration().equals(deployment.getStatus().getObservedGeneration())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getUpdatedReplicas())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getAvailableReplicas())
					&& Integer.valueOf(wanted).equals(deployment.getStatus().getReplicas());
		});
	}

	/** Asks what listens on a pod's or a Service's port, by way of the API server. */
	String get(String resource, Object port, String path) {
		return this.client
			.raw("/api/v1/namespaces/%s/%s:%s/proxy/actuator/%s".formatted(this.namespace, resource, port, path));
	}

	static boolean isReady(Pod pod) {
		return Readiness.isPodReady(pod);
	}

	static int restarts(Pod pod) {
		return pod.getStatus().getContainerStatuses().stream().mapToInt(ContainerStatus::getRestartCount).sum();
	}

	/** Starts a pod with the image that ends by itself. */
	void run(String name, Consumer<PodBuilder> more, String... arguments) {
		PodBuilder pod = new PodBuilder(new Yaml().loadAs(
				"""
						metadata: {labels: {app: client}}
						spec:
						  restartPolicy: Never
						  automountServiceAccountToken: false
						  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
						  containers:
						    - name: client
						      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
						""",
				Pod.class));
		pod.editMetadata().withName(name).endMetadata();
		pod.editSpec()
			.editFirstContainer()
			.withImage(this.image)
			.withArgs(arguments)
			.editOrNewResources()
			.addToRequests("cpu", new Quantity("250m"))
			.addToLimits("memory", new Quantity("256Mi"))
			.endResources()
			.endContainer()
			.endSpec();
		more.accept(pod);
		this.client.pods().inNamespace(this.namespace).resource(pod.build()).create();
	}

	void create(HasMetadata object) {
		this.client.resource(object).inNamespace(this.namespace).create();
	}

	void update(HasMetadata object) {
		this.client.resource(object).inNamespace(this.namespace).update();
	}

	Service service(String name) {
		return this.client.services().inNamespace(this.namespace).withName(name).get();
	}

	long replicaSets(String fullname) {
		return this.client.apps()
			.replicaSets()
			.inNamespace(this.namespace)
			.list()
			.getItems()
			.stream()
			.filter((set) -> set.getMetadata().getName().startsWith(fullname + "-"))
			.count();
	}

	Stream<Event> events(String reason) {
		return this.client.v1()
			.events()
			.inNamespace(this.namespace)
			.list()
			.getItems()
			.stream()
			.filter((event) -> reason.equals(event.getReason()));
	}

	boolean hasEnded(String pod) {
		return List.of("Succeeded", "Failed").contains(pod(pod).get().getStatus().getPhase());
	}

	/** Waits until a pod has ended, which must be well, and returns what it said. */
	String output(String pod) {
		await().atMost(TIMEOUT, TimeUnit.SECONDS).until(() -> hasEnded(pod));
		String log = pod(pod).getLog();
		assertThat(pod(pod).get().getStatus().getPhase()).as(log).isEqualTo("Succeeded");
		return log;
	}

	/** Sends a pod SIGTERM, waits until it has ended, and returns what it said. */
	String terminate(String pod) {
		assertThat(hasEnded(pod)).isFalse();
		// Deleting it would take its log away.
		pod(pod).edit((running) -> new PodBuilder(running).editSpec().withActiveDeadlineSeconds(1L).endSpec().build());
		await().atMost(TIMEOUT, TimeUnit.SECONDS).until(() -> hasEnded(pod));
		return pod(pod).getLog();
	}

	/** Ends everything, and waits until it is gone. */
	@Override
	public void close() {
		try (this.client) {
			this.client.namespaces().withName(this.namespace).delete();
			await().atMost(TIMEOUT, TimeUnit.SECONDS)
				.until(() -> this.client.namespaces().withName(this.namespace).get() == null);
		}
	}

}
