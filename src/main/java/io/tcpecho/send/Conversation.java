package io.tcpecho.send;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * What is said on one connection: a header if there is one, a message, its reply, and the
 * verdict on it.
 * <p>
 * After the reply the stream must end. No more than one byte beyond the longest right
 * reply is read. An empty message is an end of stream, which must be answered by one. No
 * other message is followed by an end of stream: the service does not wait for it, and
 * there are proxies that drop the reply when they see it.
 */
final class Conversation {

	/**
	 * A fresh socket takes it without waiting for the peer: tcp_wmem's default, tcp(7).
	 */
	private static final int SEND_BUFFER = 16 * 1024;

	private final Socket socket;

	private final InetSocketAddress remote;

	private final byte[] request;

	private final boolean empty;

	private final ExpectedReply expected;

	private final byte[] buffer;

	private int received;

	/**
	 * @param socket connected; to be closed by the caller
	 * @param header sent before the message, and together with it
	 */
	Conversation(Socket socket, InetSocketAddress remote, byte[] header, byte[] message, ExpectedReply expected) {
		this.socket = socket;
		this.remote = remote;
		this.request = Arrays.copyOf(header, header.length + message.length);
		System.arraycopy(message, 0, this.request, header.length, message.length);
		this.empty = message.length == 0;
		this.expected = expected;
		this.buffer = new byte[expected.limit() + 1];
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
		String amount = this.expected.amount(this.received);
		String difference = this.expected.difference(reply);
		if (difference != null) {
			return Exchange.with(this.remote, Outcome.WRONG, difference, reply, nanoseconds);
		}
		if (failure instanceof SocketTimeoutException) {
			String what = "returned " + amount + " and no end of stream within " + timeout.toMillis() + " ms";
			return Exchange.with(this.remote, Outcome.TIMEOUT, what, reply, nanoseconds);
		}
		if (failure != null) {
			return Exchange.with(this.remote, Outcome.RESET, "reset the connection after " + amount, reply,
					nanoseconds);
		}
		ExpectedReply.Judgement judgement = this.expected.judge(reply);
		if (judgement.shortfall() != null) {
			return Exchange.with(this.remote, Outcome.WRONG, judgement.shortfall(), reply, nanoseconds);
		}
		Outcome outcome = this.empty ? Outcome.EMPTY : Outcome.ECHOED;
		return Exchange.with(this.remote, outcome, "returned " + amount, reply, nanoseconds).by(judgement.identity());
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
		int atOnce = Math.min(this.request.length, SEND_BUFFER);
		output.write(this.request, 0, atOnce);
		if (this.empty) {
			this.socket.shutdownOutput();
		}
		else if (atOnce < this.request.length) {
			// The service may never read the rest, and its reply must not wait for that.
			Thread.ofPlatform().daemon().start(() -> sendFrom(output, atOnce));
		}
	}

	private void sendFrom(OutputStream output, int offset) {
		try {
			output.write(this.request, offset, this.request.length - offset);
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

}
