package io.tcpecho.project;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.readiness.Readiness;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import static org.awaitility.Awaitility.await;

/**
 * The cluster of KUBECONFIG. For a class of tests it has a namespace that enforces the
 * restricted Pod Security Standard, and for all classes the report of what was seen.
 */
final class Cluster implements BeforeAllCallback, AfterAllCallback {

	private static final Path REPORT = Path.of("target/cluster.md");

	private static final List<String> LINES = new ArrayList<>();

	/** What a release or a pod of the tests' own may take, on a busy machine. */
	static final Duration TIMEOUT = Duration.ofMinutes(2);

	/**
	 * A refusal, by a disruption budget for instance, is an answer and not tried again.
	 */
	final KubernetesClient client = new KubernetesClientBuilder()
		.withConfig(new ConfigBuilder().withRequestRetryBackoffLimit(0).build())
		.build();

	final String image = System.getProperty("image");

	private String namespace = "";

	final Pods pods = new Pods(this);

	private final List<String> namespaces = new ArrayList<>();

	@Override
	public void beforeAll(ExtensionContext context) {
		// Each look is a request to the API server, which has other work.
		Awaitility.setDefaultPollInterval(Duration.ofMillis(250));
		Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
		// A port-forward that has failed once.
		Awaitility.ignoreExceptionByDefault(UncheckedIOException.class);
		this.namespace = createNamespace("tcp-echo", "restricted");
		if (LINES.isEmpty()) {
			LINES.add("# The chart and `%s` on Kubernetes %s%n%n| what | seen |%n| --- | --- |".formatted(this.image,
					this.client.getKubernetesVersion().getGitVersion()));
		}
	}

	/** Of the releases, and of most pods. */
	String namespace() {
		return this.namespace;
	}

	/** One more that goes after all tests; the name gets a suffix. */
	String createNamespace(String name, String podSecurityStandard) {
		Namespace namespace = new NamespaceBuilder().withNewMetadata()
			.withGenerateName(name + "-")
			.addToLabels("pod-security.kubernetes.io/enforce", podSecurityStandard)
			.endMetadata()
			.build();
		this.namespaces.add(this.client.namespaces().resource(namespace).create().getMetadata().getName());
		return this.namespaces.getLast();
	}

	/** One of that name, which goes after all tests if it was not there before. */
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

	void create(HasMetadata object) {
		this.client.resource(object).inNamespace(this.namespace).create();
	}

	void delete(HasMetadata object) {
		this.client.resource(object).inNamespace(this.namespace).delete();
	}

	void update(HasMetadata object) {
		this.client.resource(object).inNamespace(this.namespace).update();
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

	/** Ends everything, and waits until it is gone. */
	@Override
	public void afterAll(ExtensionContext context) {
		try (this.client) {
			this.namespaces.forEach((name) -> this.client.namespaces().withName(name).delete());
			await().atMost(TIMEOUT)
				.until(() -> this.namespaces.stream()
					.allMatch((name) -> this.client.namespaces().withName(name).get() == null));
		}
	}

}
