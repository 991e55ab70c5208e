package io.tcpecho;

/** Where a connection is. It only moves forward, and may leave some out. */
enum ConnectionState {

	/** No message has come yet, at most a PROXY header. */
	WAITING,

	/** The message is there, and its reply is owed. */
	EXCHANGING,

	/** The reply is written, FIN sent. Most clients close within milliseconds. */
	HALF_CLOSED,

	/** The client had not closed by then: its input is thrown away until it does. */
	LINGERING,

	/** It is over: the channel is closed, or about to be. */
	CLOSED;

	/** Whether the exchange is still under way. */
	boolean isActive() {
		return this == WAITING || this == EXCHANGING;
	}

}
