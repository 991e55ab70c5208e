package io.tcpecho.send;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * What is said on one connection: a message, its reply, and the verdict on it.
 * <p>
 * The reply must be the first bytes of the message, as many as the limit allows, and then
 * the stream must end. No more than one byte beyond the limit is read. An empty message
 * is an end of stream, which must be answered by one. No other message is followed by an
 * end of stream: the service does not wait for it, and there are proxies that drop the
 * reply when they see it.
 */
final class Conversation {

	/**
	 * A fresh socket takes it without waiting for the peer: tcp_wmem's default, tcp(7).
	 */
	private static final int SEND_BUFFER = 16 * 1024;

	private final Socket socket;

	private final InetSocketAddress remote;

	private final byte[] message;

	private final byte[] expected;

	private final byte[] buffer;

	private int received;

	/**
	 * @param socket connected; to be closed by the caller
	 * @param limit the most that the service echoes, in bytes
	 */
	Conversation(Socket socket, InetSocketAddress remote, byte[] message, int limit) {
		this.socket = socket;
		this.remote = remote;
		this.message = message;
		this.expected = Arrays.copyOf(message, Math.min(message.length, limit));
		this.buffer = new byte[limit + 1];
	}

	/**
	 * Sends the message and receives the reply.
	 * @param timeout for all of it
	 * @param start {@link System#nanoTime()} at the first attempt to connect
	 */
	Exchange hold(Duration timeout, long start) {
		IOException failure = talk(System.nanoTime() + timeout.toNanos());
		long nanoseconds = System.nanoTime() - start;
		byte[] reply = Arrays.copyOf(this.buffer, this.received);
		String amount = this.received + " of " + this.expected.length + " bytes";
		String difference = difference(reply);
		if (difference != null) {
			return Exchange.with(this.remote, Outcome.WRONG, difference, reply, nanoseconds);
		}
		if (failure instanceof SocketTimeoutException) {
			String what = "sent " + amount + " and no end of stream within " + timeout.toMillis() + " ms";
			return Exchange.with(this.remote, Outcome.TIMEOUT, what, reply, nanoseconds);
		}
		if (failure != null) {
			return Exchange.with(this.remote, Outcome.RESET, "reset the connection after " + amount, reply,
					nanoseconds);
		}
		if (this.received < this.expected.length) {
			return Exchange.with(this.remote, Outcome.WRONG, "ended the stream after " + amount, reply, nanoseconds);
		}
		Outcome outcome = (this.message.length == 0) ? Outcome.EMPTY : Outcome.ECHOED;
		return Exchange.with(this.remote, outcome, "sent " + amount, reply, nanoseconds);
	}

	private @Nullable IOException talk(long deadline) {
		try {
			send();
			receive(deadline);
			return null;
		}
		catch (IOException ex) {
			return ex;
		}
	}

	private void send() throws IOException {
		OutputStream output = this.socket.getOutputStream();
		int atOnce = Math.min(this.message.length, SEND_BUFFER);
		output.write(this.message, 0, atOnce);
		if (this.message.length == 0) {
			this.socket.shutdownOutput();
		}
		else if (atOnce < this.message.length) {
			// The service may never read the rest, and its reply must not wait for that.
			Thread.ofPlatform().daemon().start(() -> sendFrom(output, atOnce));
		}
	}

	private void sendFrom(OutputStream output, int offset) {
		try {
			output.write(this.message, offset, this.message.length - offset);
		}
		catch (IOException ex) {
			// The peer is gone, or the conversation is over: the reply tells.
		}
	}

	private void receive(long deadline) throws IOException {
		InputStream input = this.socket.getInputStream();
		while (this.received < this.buffer.length) {
			long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (left <= 0) {
				throw new SocketTimeoutException();
			}
			this.socket.setSoTimeout((int) left);
			int count = input.read(this.buffer, this.received, this.buffer.length - this.received);
			if (count == -1) {
				return;
			}
			this.received += count;
		}
	}

	/** A reply that differs is wrong, however the conversation ended. */
	private @Nullable String difference(byte[] reply) {
		int index = Arrays.mismatch(this.expected, reply);
		if (index == -1 || index == reply.length) {
			return null;
		}
		if (index == this.expected.length) {
			return "sent more than the " + this.expected.length + " bytes to be echoed";
		}
		HexFormat hex = HexFormat.of();
		return "sent 0x%s instead of 0x%s as byte %d of the reply".formatted(hex.toHexDigits(reply[index]),
				hex.toHexDigits(this.expected[index]), index + 1);
	}

}
