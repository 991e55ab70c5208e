package io.tcpecho.bench;

import java.nio.ByteBuffer;

import org.jspecify.annotations.Nullable;

/**
 * How an exchange fails.
 */
enum Failure {

	REFUSED("refused"), RESET("reset"), TIMEOUT("not echoed within 5 s"), SHORT("echoed in part"),
	WRONG("echoed wrongly"), CUT("silent and cut"), HANDSHAKE("with the wrong kind of handshake");

	private final String text;

	Failure(String text) {
		this.text = text;
	}

	/** What is wrong with a reply, or nothing. */
	static @Nullable Failure of(ByteBuffer message, ByteBuffer reply) {
		if (message.equals(reply)) {
			return null;
		}
		int mismatch = message.mismatch(reply);
		return (mismatch == reply.remaining()) ? SHORT : WRONG;
	}

	@Override
	public String toString() {
		return this.text;
	}

}
