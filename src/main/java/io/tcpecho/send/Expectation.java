package io.tcpecho.send;

/**
 * What {@code --expect} asks for.
 */
enum Expectation {

	/** An echo; of an empty message, an end of stream without a reply. */
	ECHO(Outcome.ECHOED, "an echo"),

	/** What a policy that rejects looks like. */
	REFUSED(Outcome.REFUSED, "a refusal"),

	/** What a policy that drops looks like. */
	UNREACHABLE(Outcome.UNREACHABLE, "an unanswered attempt");

	private final Outcome outcome;

	private final String noun;

	Expectation(Outcome outcome, String noun) {
		this.outcome = outcome;
		this.noun = noun;
	}

	ExitCode verdict(Outcome actual) {
		return (actual == this.outcome) ? ExitCode.AS_EXPECTED : actual.exitCode();
	}

	/** What is waited for, with its article. */
	String noun() {
		return this.noun;
	}

}
