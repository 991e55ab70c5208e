package io.tcpecho.project;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.tcpecho.testing.Reach;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The cluster of KUBECONFIG, a namespace in it that enforces the restricted Pod Security
 * Standard and goes when this is closed, and the report of what was seen by all tests.
 */
final class Cluster implements AutoCloseable {

	private static final Path REPORT = Path.of("target/cluster.md");

	private static final List<String> LINES = new ArrayList<>();

	static final String JAVA = "/opt/jre/bin/java";

	/** In seconds: what a release may take until it is ready, on a busy machine. */
	private static final int TIMEOUT = 120;

	/**
	 * A refusal, by a disruption budget for instance, is an answer and not tried again.
	 */
	private final KubernetesClient client = new KubernetesClientBuilder()
		.withConfig(new ConfigBuilder().withRequestRetryBackoffLimit(0).build())
		.build();

	final String image = System.getProperty("image");

	/** That of the releases. */
	final String namespace;

	private final List<String> namespaces = new ArrayList<>();

	Cluster() {
		// Each look is a request to the API server, which has other work.
		Awaitility.setDefaultPollInterval(Duration.ofMillis(250));
		this.namespace = createNamespace("tcp-echo", "restricted");
		if (LINES.isEmpty()) {
			LINES.add("# The chart and `%s` on Kubernetes %s%n%n| what | seen |%n| --- | --- |".formatted(this.image,
					this.client.getKubernetesVersion().getGitVersion()));
		}
	}

	/** One more that goes when this is closed; the name gets a suffix. */
	String createNamespace(String name, String podSecurityStandard) {
		Namespace namespace = new NamespaceBuilder().withNewMetadata()
			.withGenerateName(name + "-")
			.addToLabels("pod-security.kubernetes.io/enforce", podSecurityStandard)
			.endMetadata()
			.build();
		this.namespaces.add(this.client.namespaces().resource(namespace).create().getMetadata().getName());
		return this.namespaces.getLast();
	}

	/** One of that name, which goes when this is closed if it was not there before. */
	String useNamespace(String name) {
		if (this.client.namespaces().withName(name).get() == null) {
			this.namespaces.add(name);
			this.client.namespaces()
				.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
				.create();
		}
		return name;
	}

	/** Its host and port, as all pods have it. */
	String apiServer() {
		return this.client.services().inNamespace("default").withName("kubernetes").get().getSpec().getClusterIP()
				+ ":443";
	}

	/** Whether one that lets a pod connect to nobody keeps it from the API server. */
	boolean enforcesPolicies() throws IOException {
		Pod pod = run(java(Reach.class, this.namespace, "policy", apiServer()));
		await().atMost(TIMEOUT, TimeUnit.SECONDS).until(() -> log(pod, "client").contains(apiServer()));
		create(new NetworkPolicyBuilder().withNewMetadata()
			.withName("policy")
			.endMetadata()
			.withNewSpec()
			.withNewPodSelector()
			.endPodSelector()
			.withPolicyTypes("Egress")
			.endSpec()
			.build());
		try {
			await().atMost(20, TimeUnit.SECONDS).until(() -> log(pod, "client").endsWith("reached \n"));
			return true;
		}
		catch (ConditionTimeoutException ex) {
			return false;
		}
		finally {
			this.client.network().networkPolicies().inNamespace(this.namespace).withName("policy").delete();
			pod("policy").delete();
		}
	}

	/** Adds a line to the report, which is written at once. */
	void report(String what, String seen) throws IOException {
		LINES.add("| %s | %s |".formatted(what, seen));
		Files.write(REPORT, LINES);
	}

	/** Those that take any pod, by name. */
	List<Node> nodes() {
		return this.client.nodes()
			.list()
			.getItems()
			.stream()
			.filter((node) -> Readiness.isNodeReady(node) && node.getSpec().getTaints().isEmpty())
			.sorted(Comparator.comparing((node) -> node.getMetadata().getName()))
			.toList();
	}

	/** Gives each node a label with its own name, or takes that away again. */
	void label(List<Node> nodes, String label, boolean isThere) {
		for (Node node : nodes) {
			this.client.nodes().withName(node.getMetadata().getName()).edit((before) -> {
				Map<String, String> labels = new HashMap<>(before.getMetadata().getLabels());
				labels.remove(label);
				if (isThere) {
					labels.put(label, node.getMetadata().getName());
				}
				return new NodeBuilder(before).editMetadata().withLabels(labels).endMetadata().build();
			});
		}
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
		try {
			Helm.test(release).withNamespace(this.namespace).withTimeout(TIMEOUT).call();
		}
		catch (IllegalStateException ex) {
			throw new AssertionError(pod(fullname + "-test").getLog(), ex);
		}
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

	/** Asks a pod's Actuator through a port-forward, which no network policy stops. */
	String get(String pod, int port, String path) {
		try (LocalPortForward forward = pod(pod).portForward(port);
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
		Pod pod = this.client.getKubernetesSerialization().unmarshal("""
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
			.withNamespace(this.namespace)
			.endMetadata()
			.editSpec()
			.editFirstContainer()
			.withImage(this.image)
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

	/**
	 * As the only key of a ConfigMap, for a volume that has its package's directories.
	 */
	void createClass(Class<?> type, String namespace, String name) throws IOException {
		try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".class")) {
			this.client
				.resource(new ConfigMapBuilder().withNewMetadata()
					.withName(name)
					.withNamespace(namespace)
					.endMetadata()
					.addToBinaryData(type.getSimpleName(), Base64.getEncoder().encodeToString(file.readAllBytes()))
					.build())
				.create();
		}
	}

	/** One that ends by itself, maybe soon. */
	void start(PodBuilder pod) {
		this.client.resource(pod.build()).create();
	}

	/** One that goes on, and waits until it runs. */
	Pod run(PodBuilder pod) {
		Pod created = this.client.resource(pod.build()).create();
		return this.client.resource(created).waitUntilReady(TIMEOUT, TimeUnit.SECONDS);
	}

	String log(Pod pod, String container) {
		return this.client.pods()
			.inNamespace(pod.getMetadata().getNamespace())
			.withName(pod.getMetadata().getName())
			.inContainer(container)
			.getLog();
	}

	/** For what a node that is lost has left behind: nobody tells that it has ended. */
	void deletePodsOn(String node) {
		this.client.pods().inNamespace(this.namespace).withField("spec.nodeName", node).withGracePeriod(0).delete();
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

	/** What a drill said at its end. */
	static Map<String, Object> summary(String log) {
		String line = log.lines().filter((one) -> one.startsWith("{\"type\":\"summary\"")).findFirst().orElseThrow();
		return new Yaml().load(line);
	}

	/** Ends everything, and waits until it is gone. */
	@Override
	public void close() {
		try (this.client) {
			this.namespaces.forEach((name) -> this.client.namespaces().withName(name).delete());
			await().atMost(TIMEOUT, TimeUnit.SECONDS)
				.until(() -> this.namespaces.stream()
					.allMatch((name) -> this.client.namespaces().withName(name).get() == null));
		}
	}

}
