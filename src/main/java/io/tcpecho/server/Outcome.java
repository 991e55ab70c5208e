package io.tcpecho.server;

import java.util.Locale;

/**
 * How the exchange on a connection ended: a closed set, decided once for each connection.
 * Ours to answer for are {@link #ERROR} and {@link #ABORTED}; the others are the client's
 * doing.
 */
enum Outcome {

	/** The reply was written. */
	ECHOED,

	/** The client closed, or half-closed, before its message; a PROXY header is none. */
	EMPTY,

	/** No message came within {@code echo.read-timeout}. */
	TIMEOUT,

	/** The client reset the connection, or vanished, before its reply was written. */
	RESET,

	/**
	 * Where a PROXY header is required, something else came, or the stream ended in it.
	 */
	MALFORMED,

	/** A stop cut it, or turned it away; a drain does so when its timeout is over. */
	ABORTED,

	/** Anything else: a fault of the service. */
	ERROR;

	/** The one spelling in metrics, logs and documents. */
	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
