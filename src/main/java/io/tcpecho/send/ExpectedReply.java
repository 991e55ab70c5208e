package io.tcpecho.send;

import java.util.Arrays;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * What a reply must be.
 */
sealed interface ExpectedReply {

	/** The most bytes that the service returns. */
	int limit();

	/** How much came, of how much if that is known. */
	String amount(int received);

	/**
	 * Finds out what is wrong, and who answered.
	 * @param whole whether the stream has ended; otherwise only what nothing that comes
	 * later can make right is a fault
	 */
	Judgement judge(byte[] reply, boolean whole);

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

	/**
	 * The message itself, as far as the service echoes it.
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared
	record Echo(byte[] expected, int limit) implements ExpectedReply {

		/**
		 * @param limit the most that the service echoes, in bytes
		 */
		static Echo of(byte[] message, int limit) {
			return new Echo(Arrays.copyOf(message, Math.min(message.length, limit)), limit);
		}

		@Override
		public String amount(int received) {
			return received + " of " + this.expected.length + " bytes";
		}

		@Override
		public Judgement judge(byte[] reply, boolean whole) {
			int index = Arrays.mismatch(this.expected, reply);
			if (index == -1 || (index == reply.length && !whole)) {
				return Judgement.RIGHT;
			}
			if (index == reply.length) {
				return Judgement.wrong("ended the stream after " + amount(reply.length));
			}
			if (index == this.expected.length) {
				return Judgement.wrong("returned more than the " + index + " bytes to be echoed");
			}
			HexFormat hex = HexFormat.of();
			return Judgement.wrong("returned 0x" + hex.toHexDigits(reply[index]) + " instead of 0x"
					+ hex.toHexDigits(this.expected[index]) + " as byte " + (index + 1) + " of the reply");
		}

	}

	/**
	 * One line of JSON that says who answered.
	 *
	 * @param received the bytes of the message that it must tell of
	 */
	record Identification(int received) implements ExpectedReply {

		@Override
		public int limit() {
			return 8 * 1024;
		}

		@Override
		public String amount(int received) {
			return received + " bytes";
		}

		@Override
		public Judgement judge(byte[] reply, boolean whole) {
			if (reply.length > limit()) {
				return Judgement.wrong("returned more than the " + limit() + " bytes of the longest identity");
			}
			if (!whole) {
				return Judgement.RIGHT;
			}
			try {
				return new Judgement(null, Instance.parse(reply, this.received));
			}
			catch (IllegalArgumentException ex) {
				return Judgement
					.wrong("returned " + amount(reply.length) + " that are no identity: " + ex.getMessage());
			}
		}

	}

}
