package io.tcpecho.project;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.tcpecho.project.Peer.Policy;
import io.tcpecho.testing.Reach;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The chart's network policies in a cluster of two nodes whose network enforces them: see
 * the profile "cluster". On any other all is skipped, and says so.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PolicyE2E {

	/** What {@link Reach} says where no connection is let through. */
	private static final String NOTHING_REACHED = "reached ";

	@RegisterExtension
	static final Cluster cluster = new Cluster();

	@RegisterExtension
	static final Release release = new Release(cluster);

	private static final Pods pods = cluster.pods;

	@BeforeAll
	static void useTwoNodesAndAPolicy() throws IOException {
		assumeTrue(cluster.nodes().size() >= 2, "Fewer than two nodes are ready and take any pod.");
		assumeTrue(arePoliciesEnforced(), "No network policy is enforced.");
	}

	/** Whether a policy that allows nothing keeps a pod from the API server. */
	private static boolean arePoliciesEnforced() throws IOException {
		Pod pod = pods.run(reach("policy", cluster.namespace(), List.of(cluster.apiServer())));
		await().atMost(Cluster.TIMEOUT).until(() -> pods.log(pod, "client").contains(cluster.apiServer()));
		NetworkPolicy nothing = new NetworkPolicyBuilder().withNewMetadata()
			.withName("policy")
			.endMetadata()
			.withNewSpec()
			.withNewPodSelector()
			.endPodSelector()
			.withPolicyTypes("Egress")
			.endSpec()
			.build();
		cluster.create(nothing);
		try {
			await().during(3, TimeUnit.SECONDS)
				.atMost(20, TimeUnit.SECONDS)
				.until(() -> lastLine(pod, "client").equals(NOTHING_REACHED));
			return true;
		}
		catch (ConditionTimeoutException ex) {
			return false;
		}
		finally {
			cluster.delete(nothing);
			pods.named("policy").delete();
		}
	}

	@Test
	void helmTestIsGreenTwentyTimesWhereOnlyClientsMayConnect() throws IOException {
		release.install(Policy.CLIENTS.values);
		for (int i = 0; i < 20; i++) {
			assertThat(release.test()).contains("10 sent, 10 echoed, 0 lost");
		}
		cluster.report("`helm test` twenty times, with `networkPolicy.clients`",
				"10 sent, 10 echoed, 0 lost, each time");
	}

	@Test
	void whoReachesWhatIsAsTheReadmeSays() throws IOException {
		pods.createClass(Reach.class, cluster.namespace(), "outwards");
		release.install(withSidecar(Policy.DEFAULT));
		List<Pod> servers = release.pods();
		assertThat(servers).extracting((pod) -> pod.getSpec().getNodeName()).doesNotHaveDuplicates();
		Map<Pod, Long> known = new HashMap<>();
		servers.forEach((pod) -> known.put(pod, awaitKnown(pod)));
		List<Client> clients = startClients(servers);
		for (Policy policy : Policy.values()) {
			release.install(withSidecar(policy));
			await().during(3, TimeUnit.SECONDS)
				.untilAsserted(() -> assertThat(clients)
					.allSatisfy((client) -> assertThat(client.reached()).as("%s, %s", policy, client)
						.isEqualTo(client.expected(policy, servers))));
		}
		assertThat(servers)
			.allSatisfy((pod) -> assertThat(outwards(pod).skip(Objects.requireNonNull(known.get(pod))).distinct())
				.as("the API server, from a pod of the service")
				.containsExactly(NOTHING_REACHED));
		cluster.report("who reaches what, of %d clients in three namespaces and on two nodes".formatted(clients.size()),
				"as the chart's README says");
	}

	/**
	 * Waits until the network's agent on its node knows a pod, which is after its start.
	 * @return how many lines it has said before
	 */
	private static long awaitKnown(Pod pod) {
		await().during(3, TimeUnit.SECONDS).until(() -> lastLine(pod, "outwards").equals(NOTHING_REACHED));
		return outwards(pod).count();
	}

	private static String lastLine(Pod pod, String container) {
		return pods.log(pod, container).lines().reduce("", (before, line) -> line);
	}

	private static Stream<String> outwards(Pod pod) {
		return pods.log(pod, "outwards").lines();
	}

	/** In the pods of the service, beside it, what connects to the API server. */
	private static String withSidecar(Policy policy) {
		return """
				%s
				extraVolumes:
				  - name: classes
				    configMap: {name: outwards, items: [{key: Reach, path: io/tcpecho/testing/Reach.class}]}
				extraContainers:
				  - name: outwards
				    image: %s
				    command: [%s, -cp, /classes, io.tcpecho.testing.Reach, "%s"]
				    resources: {limits: {memory: 256Mi}}
				    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
				    volumeMounts: [{name: classes, mountPath: /classes}]
				""".formatted(policy.values, cluster.image, Pods.JAVA, cluster.apiServer());
	}

	private static List<Client> startClients(List<Pod> servers) throws IOException {
		String other = cluster.createNamespace("tcp-echo-other", "privileged");
		List<Client> clients = new ArrayList<>();
		clients.add(startPod(Peer.POD, "pod", cluster.namespace(), servers));
		clients.add(startPod(Peer.CLIENT, "client", cluster.namespace(), servers));
		clients.add(startPod(Peer.STRANGER, "pod", other, servers));
		clients.add(startPod(Peer.NAMESAKE, "client", other, servers));
		clients.add(startPod(Peer.MONITORING, "pod", cluster.useNamespace("monitoring"), servers));
		for (Node node : cluster.nodes()) {
			PodBuilder pod = reach("on-" + node.getMetadata().getName(), other, places(servers)).editSpec()
				.withNodeName(node.getMetadata().getName())
				.withHostNetwork(true)
				.endSpec();
			clients.add(new Client(Peer.OWN_NODE, Peer.OTHER_NODE, pods.run(pod)));
		}
		return clients;
	}

	private static Client startPod(Peer peer, String app, String namespace, List<Pod> servers) throws IOException {
		List<String> places = places(servers);
		places.add(service());
		PodBuilder pod = reach("reach-" + app, namespace, places).editMetadata().addToLabels("app", app).endMetadata();
		return new Client(peer, peer, pods.run(pod));
	}

	private static PodBuilder reach(String name, String namespace, List<String> places) throws IOException {
		return pods.java(Reach.class, namespace, name, places.toArray(String[]::new));
	}

	/** Where clients try to connect to, besides the Service. */
	private static List<String> places(List<Pod> servers) {
		List<String> places = new ArrayList<>(List.of(cluster.apiServer()));
		servers.forEach((pod) -> places.addAll(List.of(echo(pod), actuator(pod))));
		return places;
	}

	private static String echo(Pod pod) {
		return pod.getStatus().getPodIP() + ":23000";
	}

	private static String actuator(Pod pod) {
		return pod.getStatus().getPodIP() + ":8080";
	}

	private static String service() {
		return "%s.%s.svc.cluster.local:23000".formatted(release.fullname(), cluster.namespace());
	}

	/** With what it is to the pods on its own node, and to those on others. */
	private record Client(Peer near, Peer far, Pod pod) {

		/** By what it has said last. */
		private Set<String> reached() {
			return Set.of(lastLine(this.pod, "client").split(" ", -1));
		}

		private Set<String> expected(Policy policy, List<Pod> servers) {
			Set<String> expected = new HashSet<>(Set.of("reached", cluster.apiServer()));
			for (Pod to : servers) {
				boolean isNear = to.getSpec().getNodeName().equals(this.pod.getSpec().getNodeName());
				Peer peer = isNear ? this.near : this.far;
				if (peer.reachesEcho(policy)) {
					expected.add(echo(to));
				}
				if (peer.reachesActuator(policy)) {
					expected.add(actuator(to));
				}
			}
			if (!isNode() && this.near.reachesEcho(policy)) {
				expected.add(service());
			}
			return expected;
		}

		private boolean isNode() {
			return this.near != this.far;
		}

		@Override
		public String toString() {
			return isNode() ? "from a node" : this.near.toString();
		}

	}

}
