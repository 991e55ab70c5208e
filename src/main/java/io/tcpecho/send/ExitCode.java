package io.tcpecho.send;

/**
 * What a script learns: a closed set. 1 is left to the JVM, which ends with it whenever
 * it fails, so that no such failure is taken for a verdict.
 */
enum ExitCode {

	AS_EXPECTED(0, "as expected"),

	FAULT(1, "a fault of send itself, or of the JVM"),

	USAGE(2, "bad usage"),

	WRONG(3, "connected, but the reply is wrong or short"),

	REFUSED(4, "the connection was refused"),

	TIMEOUT(5, "connected, but no whole reply within --timeout"),

	UNREACHABLE(6, "no route, no connection within --connect-timeout, or unknown host"),

	RESET(7, "the connection was reset"),

	REACHABLE(8, "connected, although --expect says otherwise"),

	MISSED(9, "--fail-under or --max-gap is missed"),

	HANDSHAKE(10, "connected, but the TLS handshake failed");

	private final int code;

	private final String meaning;

	ExitCode(int code, String meaning) {
		this.code = code;
		this.meaning = meaning;
	}

	int code() {
		return this.code;
	}

	String meaning() {
		return this.meaning;
	}

}
