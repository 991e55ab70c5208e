package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;

/**
 * One exchange, from the name of the host to the verdict on the reply; any number may go
 * on at a time.
 * <p>
 * The addresses of the host are tried in the JVM's order until one connects: IPv4 first,
 * unless {@code java.net.preferIPv6Addresses} says otherwise. After the reply the stream
 * must end. No more than one byte beyond the longest right reply is read. An empty
 * message is an end of stream, which must be answered by one. No other message is
 * followed by an end of stream: the service does not wait for it, and there are proxies
 * that drop the reply when they see it.
 *
 * @param connectTimeout for each address; must be shorter than the kernel's own, which
 * would look like a refusal
 * @param timeout from being connected to the end of the reply
 * @param family which addresses are tried
 * @param header what is sent before the message, and together with it, if anything
 */
record EchoClient(String host, int port, Duration connectTimeout, Duration timeout, Endpoint.Family family,
		@Nullable OutgoingHeader header) {

	/**
	 * A fresh socket takes it without waiting for the peer: tcp_wmem's default, tcp(7).
	 */
	private static final int SEND_BUFFER = 16 * 1024;

	/** In milliseconds. */
	private static final long PAUSE_BETWEEN_ATTEMPTS = 100;

	/**
	 * Connects, again and again, until that succeeds.
	 * @return null, or how it failed last when there is no time left
	 */
	@Nullable Exchange await(Duration longest) throws InterruptedException {
		long deadline = System.nanoTime() + longest.toNanos();
		Exchange attempt;
		long left = longest.toMillis();
		do {
			Duration within = Duration.ofMillis(Math.min(left, this.connectTimeout.toMillis()));
			attempt = new EchoClient(this.host, this.port, within, this.timeout, this.family, this.header)
				.exchange(null);
			if (attempt.ending() == Ending.CONNECTED) {
				return null;
			}
			Thread.sleep(Math.min(left, PAUSE_BETWEEN_ATTEMPTS));
			left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
		}
		while (left > 0);
		return attempt;
	}

	/**
	 * Connects, sends the message and judges the reply. Never throws for what the network
	 * does: that is an ending.
	 * @param request null if connecting is all that is wanted
	 */
	Exchange exchange(@Nullable Request request) {
		List<InetAddress> addresses = resolve();
		if (addresses.isEmpty()) {
			return Exchange.failed(Ending.UNRESOLVED, null, "no " + this.family + " is known for " + this.host, 0);
		}
		long start = System.nanoTime();
		List<Exchange> failed = new ArrayList<>();
		for (InetAddress address : addresses) {
			InetSocketAddress remote = new InetSocketAddress(address, this.port);
			// Whatever proxy the JVM is set to, it is this address that is asked for.
			try (Socket socket = new Socket(Proxy.NO_PROXY)) {
				socket.connect(remote, (int) this.connectTimeout.toMillis());
				return (request != null) ? talk(socket, remote, request, start)
						: withoutReply(remote, Ending.CONNECTED, "took the connection", start);
			}
			catch (IOException ex) {
				failed.add(unconnected(remote, ex, start));
			}
		}
		return decide(failed);
	}

	private List<InetAddress> resolve() {
		try {
			return Arrays.stream(InetAddress.getAllByName(this.host)).filter(this.family::includes).toList();
		}
		catch (UnknownHostException ex) {
			return List.of();
		}
	}

	Exchange unconnected(InetSocketAddress remote, IOException ex, long start) {
		if (ex instanceof ConnectException) {
			return withoutReply(remote, Ending.REFUSED, "refused the connection", start);
		}
		if (String.valueOf(ex.getMessage()).startsWith("Connection reset")) {
			// A listener that closes resets who is queued, also before connect() returns.
			// By strerror's text: the JDK keeps no number.
			return withoutReply(remote, Ending.RESET, "reset the connection as it was made", start);
		}
		String what = (ex instanceof SocketTimeoutException)
				? "did not answer within " + this.connectTimeout.toMillis() + " ms"
				: "cannot be reached (" + ex.getMessage() + ")";
		return withoutReply(remote, Ending.UNREACHABLE, what, start);
	}

	private static Exchange withoutReply(InetSocketAddress remote, Ending ending, String what, long start) {
		return Exchange.failed(ending, remote, shown(remote) + " " + what, System.nanoTime() - start);
	}

	/** With the name that was looked up, if one was. */
	private static String shown(InetSocketAddress address) {
		String shown = Addresses.toString(address);
		String name = address.getHostString();
		return name.equals(Objects.requireNonNull(address.getAddress()).getHostAddress()) ? shown
				: name + " (" + shown + ")";
	}

	/** One that refuses or resets decides: somebody is there. */
	private static Exchange decide(List<Exchange> failed) {
		Exchange decisive = failed.stream()
			.filter((exchange) -> exchange.ending() != Ending.UNREACHABLE)
			.findFirst()
			.orElse(failed.getFirst());
		String description = failed.stream().map(Exchange::description).collect(Collectors.joining(", "));
		return Exchange.failed(decisive.ending(), decisive.address(), description, failed.getLast().nanoseconds());
	}

	private Exchange talk(Socket socket, InetSocketAddress remote, Request request, long start) {
		long deadline = System.nanoTime() + this.timeout.toNanos();
		ByteArrayOutputStream received = new ByteArrayOutputStream();
		IOException failure = null;
		try {
			send(socket, request.message());
			receive(socket, received, request.limit() + 1, deadline);
		}
		catch (IOException ex) {
			failure = ex;
		}
		long nanoseconds = System.nanoTime() - start;
		byte[] reply = received.toByteArray();
		Request.Judgement judgement = request.judge(reply, failure == null);
		String amount = request.amount(reply.length);
		Ending ending = (request.message().length > 0) ? Ending.ECHOED : Ending.EMPTY;
		String what = "returned " + amount;
		if (judgement.fault() != null) {
			ending = Ending.WRONG;
			what = judgement.fault();
		}
		else if (failure instanceof SocketTimeoutException) {
			ending = Ending.TIMEOUT;
			what += " and no end of stream within " + this.timeout.toMillis() + " ms";
		}
		else if (failure != null) {
			ending = Ending.RESET;
			what = "reset the connection after " + amount;
		}
		return new Exchange(ending, remote, shown(remote) + " " + what, reply, nanoseconds, judgement.instance());
	}

	private void send(Socket socket, byte[] message) throws IOException {
		byte[] header = (this.header != null) ? this.header.bytes(socket) : new byte[0];
		byte[] bytes = Arrays.copyOf(header, header.length + message.length);
		System.arraycopy(message, 0, bytes, header.length, message.length);
		int atOnce = Math.min(bytes.length, SEND_BUFFER);
		OutputStream output = socket.getOutputStream();
		output.write(bytes, 0, atOnce);
		if (message.length == 0) {
			socket.shutdownOutput();
		}
		else if (atOnce < bytes.length) {
			// The service may never read the rest, and its reply must not wait for that.
			Thread.ofPlatform().daemon().start(() -> sendRest(output, bytes, atOnce));
		}
	}

	private static void sendRest(OutputStream output, byte[] bytes, int offset) {
		try {
			output.write(bytes, offset, bytes.length - offset);
		}
		catch (IOException ex) {
			// The peer is gone, or the exchange is over: the reply tells.
		}
	}

	private static void receive(Socket socket, ByteArrayOutputStream received, int most, long deadline)
			throws IOException {
		byte[] buffer = new byte[most];
		while (received.size() < most) {
			long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
			if (left <= 0) {
				throw new SocketTimeoutException();
			}
			socket.setSoTimeout((int) left);
			int count = socket.getInputStream().read(buffer, 0, most - received.size());
			if (count == -1) {
				return;
			}
			received.write(buffer, 0, count);
		}
	}

}
