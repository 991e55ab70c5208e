package io.tcpecho.project;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who may connect to the pods, where a policy is enforced: the rows of the table in the
 * chart's README, with what each of them reaches.
 */
enum Peer {

	POD("a pod", true, false, false, false),

	CLIENT("a pod that `clients` names", true, true, false, false),

	STRANGER("a pod in another namespace", true, false, false, false),

	NAMESAKE("the same, labelled as `clients` says", true, false, false, false),

	MONITORING("a pod in the namespace `monitoring`", true, false, true, false),

	OWN_NODE("the pod's own node", true, true, true, true),

	OTHER_NODE("another node", true, false, false, false);

	private final String who;

	private final boolean echo;

	private final boolean echoWithClients;

	private final boolean actuator;

	private final boolean actuatorUnmonitored;

	Peer(String who, boolean echo, boolean echoWithClients, boolean actuator, boolean actuatorUnmonitored) {
		this.who = who;
		this.echo = echo;
		this.echoWithClients = echoWithClients;
		this.actuator = actuator;
		this.actuatorUnmonitored = actuatorUnmonitored;
	}

	boolean reachesEcho(Policy policy) {
		return (policy == Policy.CLIENTS) ? this.echoWithClients : this.echo;
	}

	boolean reachesActuator(Policy policy) {
		return (policy == Policy.UNMONITORED) ? this.actuatorUnmonitored : this.actuator;
	}

	/** As in the README. */
	static String table() {
		return Stream.of(values())
			.map((peer) -> "| %s | %s | %s | %s | %s |\n".formatted(peer.who, word(peer.echo),
					word(peer.echoWithClients), word(peer.actuator), word(peer.actuatorUnmonitored)))
			.collect(Collectors.joining("", """
					| who connects | to the echo port | with `clients` | to Actuator | with `monitoring: []` |
					| --- | --- | --- | --- | --- |
					""", ""));
	}

	private static String word(boolean reached) {
		return reached ? "yes" : "no";
	}

	/** Which values of networkPolicy there are. */
	enum Policy {

		DEFAULT(""), CLIENTS("clients: [{podSelector: {matchLabels: {app: client}}}]"), UNMONITORED("monitoring: []");

		final String values;

		Policy(String values) {
			this.values = "networkPolicy: {%s}".formatted(values);
		}

	}

}
