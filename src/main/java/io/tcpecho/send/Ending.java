package io.tcpecho.send;

import java.util.Locale;

/**
 * How an exchange ended, as the client sees it: a closed set.
 */
enum Ending {

	/** The reply was what it must be, then the stream ended. */
	ECHOED(ExitCode.AS_EXPECTED, ""),

	/** Nothing was sent, and the stream ended without a reply. */
	EMPTY(ExitCode.AS_EXPECTED, ""),

	/** The reply differed from what it must be, or the stream ended too early. */
	WRONG(ExitCode.WRONG,
			"is it tcp-echo that listens there, and are --tls, --proxy-protocol, --reply and --max-message-size as its "
					+ "echo.ssl.bundle, echo.proxy-protocol, echo.reply and echo.max-message-size?"),

	/** An address refused the connection, none took it, and none reset it before. */
	REFUSED(ExitCode.REFUSED, "is the service up, is it the right port, and is there a policy that rejects?"),

	/** Connected, but the end of the stream did not come in time. */
	TIMEOUT(ExitCode.TIMEOUT, "is the service at its connection limit, or a proxy in between waiting for it?"),

	/** No address answered in time, or none has a route. */
	UNREACHABLE(ExitCode.UNREACHABLE, "is there a route, and a firewall or a policy that drops?"),

	/** The host name has no address: nothing was tried, so no policy can expect it. */
	UNRESOLVED(ExitCode.UNREACHABLE, "is it spelled right, and does DNS answer here?"),

	/** The connection was reset before the stream ended. */
	RESET(ExitCode.RESET,
			"does the service require a header (--proxy-protocol), did a proxy or a mesh in between reset it, and "
					+ "what does the service log at DEBUG?"),

	/**
	 * One of both has broken off the TLS handshake, or what followed before any reply.
	 */
	HANDSHAKE(ExitCode.HANDSHAKE,
			"does it speak TLS there, after a header (--proxy-protocol), and are --cacert, --servername and --cert right?"),

	/** Connected, and nothing more was wanted. */
	CONNECTED(ExitCode.REACHABLE, "does the policy select both ends, and does this network enforce policies?");

	private final ExitCode exitCode;

	private final String advice;

	Ending(ExitCode exitCode, String advice) {
		this.exitCode = exitCode;
		this.advice = advice;
	}

	/** The exit code when it was not expected. */
	ExitCode exitCode() {
		return this.exitCode;
	}

	/** What to look at when it was not expected. */
	String advice() {
		return this.advice;
	}

	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

	/**
	 * What {@code --expect} asks for.
	 */
	enum Expected {

		/** An echo; of an empty message, an end of stream without a reply. */
		ECHO(ECHOED, "an echo"),

		/** What a policy that rejects looks like. */
		REFUSED(Ending.REFUSED, "a refusal"),

		/** What a policy that drops looks like. */
		UNREACHABLE(Ending.UNREACHABLE, "an unanswered attempt");

		private final Ending ending;

		private final String noun;

		Expected(Ending ending, String noun) {
			this.ending = ending;
			this.noun = noun;
		}

		ExitCode verdict(Ending actual) {
			return (actual == this.ending) ? ExitCode.AS_EXPECTED : actual.exitCode();
		}

		/** What is waited for, with its article. */
		String noun() {
			return this.noun;
		}

	}

}
