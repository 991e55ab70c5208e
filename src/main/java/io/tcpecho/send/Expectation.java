package io.tcpecho.send;

/**
 * What {@code --expect} asks for.
 */
enum Expectation {

	/** An echo; of an empty message, an end of stream without a reply. */
	ECHO(Outcome.ECHOED),

	/** What a policy that rejects looks like. */
	REFUSED(Outcome.REFUSED),

	/** What a policy that drops looks like. */
	UNREACHABLE(Outcome.UNREACHABLE);

	private final Outcome outcome;

	Expectation(Outcome outcome) {
		this.outcome = outcome;
	}

	ExitCode verdict(Outcome actual) {
		return (actual == this.outcome) ? ExitCode.AS_EXPECTED : actual.exitCode();
	}

}
