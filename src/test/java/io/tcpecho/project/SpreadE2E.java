package io.tcpecho.project;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Pods on two nodes, of which one is lost in the end, so this is the last: see the
 * profile "cluster". On one node all is skipped, and says so.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SpreadE2E {

	private static final String ZONE = "topology.kubernetes.io/zone";

	@RegisterExtension
	static final Cluster cluster = new Cluster();

	@RegisterExtension
	static final Release release = new Release(cluster);

	private static final Pods pods = cluster.pods;

	private static List<Node> nodes;

	@BeforeAll
	static void useTwoNodes() {
		nodes = cluster.nodes();
		assumeTrue(nodes.size() >= 2, "Fewer than two nodes are ready and take any pod.");
	}

	/** Though another pod makes one node the better place for each. */
	@Test
	@Order(1)
	void podsAreOnTwoNodesWithZonesAndWithoutAndAfterARollout() throws IOException {
		pods.run(on(nodes.getFirst().getMetadata().getName(),
				pods.client("room", "send", "--host=192.0.2.1", "--wait=10m", "hello"))
			.editSpec()
			.editFirstContainer()
			.editResources()
			.withRequests(Map.of("cpu", new Quantity("1"), "memory", new Quantity("1Gi")))
			.withLimits(Map.of("memory", new Quantity("1Gi")))
			.endResources()
			.endContainer()
			.endSpec());
		release.install("preStopSleepSeconds: 0");
		assertThat(release.nodeNames()).as("without zones").doesNotHaveDuplicates();
		release.restart();
		assertThat(release.nodeNames()).as("without zones, after a rollout").doesNotHaveDuplicates();
		boolean areOurs = nodes.stream().noneMatch((node) -> node.getMetadata().getLabels().containsKey(ZONE));
		if (areOurs) {
			cluster.label(nodes, ZONE, true);
			try {
				release.restart();
				assertThat(release.nodeNames()).as("with zones, after a rollout").doesNotHaveDuplicates();
			}
			finally {
				cluster.label(nodes, ZONE, false);
			}
		}
		pods.named("room").delete();
		cluster.report("two pods beside one that takes 1 CPU and 1Gi of a node: installed, rolled out"
				+ (areOurs ? ", and rolled out with a zone for each node" : ""), "one on each of two nodes");
	}

	private static PodBuilder on(String node, PodBuilder pod) {
		return pod.editSpec().withNodeName(node).endSpec();
	}

	/**
	 * By the command in the system property "lose", whose last word is the node, and as
	 * the runbook says.
	 */
	@Test
	@Order(2)
	void aLostNodeCostsConnectionsToItsPodWhichComesBackElsewhere() throws Exception {
		String lose = System.getProperty("lose", "");
		assumeTrue(!lose.isEmpty(), "Nothing says how to lose a node: -Dlose=\"docker kill NODE\".");
		String lost = lose.substring(lose.lastIndexOf(' ') + 1);
		String other = names(nodes).stream().filter((name) -> !name.equals(lost)).findFirst().orElseThrow();
		release.install("""
				config: {echo: {reply: identity}}
				tolerations:
				  - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
				""");
		assertThat(release.nodeNames()).containsExactlyInAnyOrder(lost, other);
		pods.run(on(other, pods.client("drill", "send", "--host", release.fullname(), "--parallel=8", "--duration=10m",
				"--interval=20ms", "--connect-timeout=200ms", "--timeout=2s", "--reply=identity", "--json", "hello")));
		release.awaitEchoes();
		Instant begun = Instant.now();
		assertThat(new ProcessBuilder(lose.split(" ", -1)).redirectOutput(Redirect.DISCARD).start().waitFor()).isZero();
		await().atMost(3, TimeUnit.MINUTES)
			.until(() -> release.nodeNames().stream().filter(other::equals).count() == 2
					&& release.pods().stream().allMatch(Pods::isReady));
		Duration taken = Duration.between(begun, Instant.now());
		release.awaitEchoes();
		Map<String, Object> summary = Pods.summary(pods.terminate("drill"));
		pods.deletePodsOn(lost);
		List<Map<String, Object>> failures = failures(summary);
		cluster.report("a node that is lost under load, 8 at a time, with `tolerationSeconds` of 5",
				"%s sent, %s lost: %s; longest gap without an echo %s ms; another pod after %d s".formatted(
						summary.get("sent"), summary.get("lost"),
						failures.stream()
							.map((failure) -> failure.get("count") + " " + failure.get("outcome"))
							.toList(),
						summary.get("gapMilliseconds"), taken.toSeconds()));
		assertThat(failures).extracting((failure) -> failure.get("outcome"))
			.as(summary.toString())
			.contains("unreachable")
			.isSubsetOf("unreachable", "timeout");
		assertThat(failures).filteredOn((failure) -> failure.get("outcome").equals("timeout"))
			.as("only those that were connected when it was lost")
			.allSatisfy((failure) -> assertThat(Instant.parse(failure.get("last").toString()))
				.isBefore(begun.plusSeconds(10)));
		assertThat(((Number) summary.get("gapMilliseconds")).doubleValue()).as("the other pod serves on")
			.isLessThan(5000);
		assertThat((List<?>) summary.get("instances")).hasSize(3);
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> failures(Map<String, Object> summary) {
		return (List<Map<String, Object>>) summary.get("failures");
	}

	private static List<String> names(List<Node> nodes) {
		return nodes.stream().map((node) -> node.getMetadata().getName()).toList();
	}

}
