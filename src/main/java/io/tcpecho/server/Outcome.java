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

	/** The client closed, half-closed or reset before its message. */
	EMPTY,

	/** No message came within {@code echo.read-timeout}. */
	TIMEOUT,

	/**
	 * The client reset the connection, or vanished, after its message and before its
	 * reply was written; or it did not take the reply in time.
	 */
	RESET,

	/**
	 * What came was not, or not all of, the PROXY header or the TLS required, or a
	 * message for the codec.
	 */
	MALFORMED,

	/** A stop cut it; a drain does so when its timeout is over. */
	ABORTED,

	/** Anything else: a fault of the service. */
	ERROR;

	/** The one spelling in metrics, logs and documents. */
	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
