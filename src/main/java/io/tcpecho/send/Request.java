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

	/**
	 * What a reply came to.
	 *
	 * @param fault what is wrong with it, or null
	 * @param instance who answered, if a right reply tells
	 */
	record Judgement(@Nullable String fault, @Nullable Instance instance) {

		private static final Judgement RIGHT = new Judgement(null, null);

		private static Judgement wrong(String fault) {
			return new Judgement(fault, null);
		}

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
	 * Finds out what is wrong with a reply, and who answered.
	 * @param whole whether the stream has ended; otherwise only what nothing that comes
	 * later can make right is a fault
	 */
	Judgement judge(byte[] reply, boolean whole) {
		return wantsIdentity() ? judgeIdentity(reply, whole) : judgeEcho(reply, whole);
	}

	private Judgement judgeEcho(byte[] reply, boolean whole) {
		int index = Arrays.mismatch(this.message, 0, length(), reply, 0, reply.length);
		if (index == -1 || (index == reply.length && !whole)) {
			return Judgement.RIGHT;
		}
		if (index == reply.length) {
			return Judgement.wrong("ended the stream after " + amount(reply.length));
		}
		if (index == length()) {
			return Judgement.wrong("returned more than the " + index + " bytes to be echoed");
		}
		HexFormat hex = HexFormat.of();
		return Judgement.wrong("returned 0x" + hex.toHexDigits(reply[index]) + " instead of 0x"
				+ hex.toHexDigits(this.message[index]) + " as byte " + (index + 1) + " of the reply");
	}

	private Judgement judgeIdentity(byte[] reply, boolean whole) {
		if (reply.length > LONGEST_IDENTITY) {
			return Judgement.wrong("returned more than the " + LONGEST_IDENTITY + " bytes of the longest identity");
		}
		if (!whole) {
			return Judgement.RIGHT;
		}
		try {
			return new Judgement(null, Instance.parse(reply, length()));
		}
		catch (IllegalArgumentException ex) {
			return Judgement.wrong("returned " + amount(reply.length) + " that are no identity: " + ex.getMessage());
		}
	}

}
