package io.tcpecho.send;

import java.util.Arrays;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * What is sent, and what must come back.
 *
 * @param maxMessageSize the most that the service reads of a message, in bytes
 * @param reply what the service says; to an empty message nothing
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Request(byte[] message, int maxMessageSize, Reply reply) {

	private static final int LONGEST_IDENTITY = 8 * 1024;

	/**
	 * What {@code --reply} takes.
	 */
	enum Reply {

		/** The message itself, as far as the service reads it. */
		MESSAGE,

		/** One line of JSON that says who answered. */
		IDENTITY

	}

	private boolean wantsIdentity() {
		return this.reply == Reply.IDENTITY && this.message.length > 0;
	}

	/** How much of the message the service reads. */
	private int length() {
		return Math.min(this.message.length, this.maxMessageSize);
	}

	/** The longest right reply to any message. */
	int limit() {
		return wantsIdentity() ? LONGEST_IDENTITY : this.maxMessageSize;
	}

	/** How much came, of how much if that is known. */
	String amount(int received) {
		return received + (wantsIdentity() ? "" : " of " + length()) + " bytes";
	}

	/**
	 * What is wrong with a reply, or null.
	 * @param whole whether the stream has ended; otherwise only what nothing that comes
	 * later can make right is a fault
	 */
	@Nullable String fault(byte[] reply, boolean whole) {
		return wantsIdentity() ? faultOfIdentity(reply, whole) : faultOfEcho(reply, whole);
	}

	/** Who answered, if a whole reply without a fault tells. */
	@Nullable Instance instance(byte[] reply) {
		return wantsIdentity() ? Instance.parse(reply, length()) : null;
	}

	private @Nullable String faultOfEcho(byte[] reply, boolean whole) {
		int index = Arrays.mismatch(this.message, 0, length(), reply, 0, reply.length);
		if (index == -1 || (index == reply.length && !whole)) {
			return null;
		}
		if (index == reply.length) {
			return "ended the stream after " + amount(reply.length);
		}
		if (index == length()) {
			return "returned more than the " + index + " bytes to be echoed";
		}
		HexFormat hex = HexFormat.of();
		return "returned 0x" + hex.toHexDigits(reply[index]) + " instead of 0x" + hex.toHexDigits(this.message[index])
				+ " as byte " + (index + 1) + " of the reply";
	}

	private @Nullable String faultOfIdentity(byte[] reply, boolean whole) {
		if (reply.length > LONGEST_IDENTITY) {
			return "returned more than the " + LONGEST_IDENTITY + " bytes of the longest identity";
		}
		if (!whole) {
			return null;
		}
		try {
			Instance.parse(reply, length());
			return null;
		}
		catch (IllegalArgumentException ex) {
			return "returned " + amount(reply.length) + " that are no identity: " + ex.getMessage();
		}
	}

}
