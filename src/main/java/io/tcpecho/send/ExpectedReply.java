package io.tcpecho.send;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
	 * What is wrong with it so far: nothing that comes later can make it right.
	 */
	@Nullable String difference(byte[] reply);

	/** Judges it as a whole, once {@link #difference} has found nothing. */
	Judgement judge(byte[] reply);

	/**
	 * What a whole reply came to.
	 *
	 * @param shortfall what is wrong with it, or null
	 * @param identity who answered, if a right reply tells
	 */
	record Judgement(@Nullable String shortfall, @Nullable Identity identity) {

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
		public @Nullable String difference(byte[] reply) {
			int index = Arrays.mismatch(this.expected, reply);
			if (index == -1 || index == reply.length) {
				return null;
			}
			if (index == this.expected.length) {
				return "returned more than the " + this.expected.length + " bytes to be echoed";
			}
			HexFormat hex = HexFormat.of();
			return "returned 0x%s instead of 0x%s as byte %d of the reply".formatted(hex.toHexDigits(reply[index]),
					hex.toHexDigits(this.expected[index]), index + 1);
		}

		@Override
		public Judgement judge(byte[] reply) {
			boolean whole = reply.length == this.expected.length;
			return new Judgement(whole ? null : "ended the stream after " + amount(reply.length), null);
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
		public @Nullable String difference(byte[] reply) {
			return (reply.length > limit()) ? "returned more than the " + limit() + " bytes of the longest identity"
					: null;
		}

		@Override
		public Judgement judge(byte[] reply) {
			try {
				String line = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(reply)).toString();
				return new Judgement(null, Identity.parse(line, this.received));
			}
			catch (CharacterCodingException ex) {
				return fault(reply, "it is not UTF-8");
			}
			catch (IllegalArgumentException ex) {
				return fault(reply, ex.getMessage());
			}
		}

		private Judgement fault(byte[] reply, @Nullable String reason) {
			return new Judgement("returned %s that are no identity: %s".formatted(amount(reply.length), reason), null);
		}

	}

}
