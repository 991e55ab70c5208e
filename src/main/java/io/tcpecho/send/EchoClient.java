package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import java.util.stream.IntStream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

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
 * @param header what is sent first, if anything; without TLS together with the message
 */
record EchoClient(String host, int port, Duration connectTimeout, Duration timeout, Endpoint.Family family,
		@Nullable OutgoingHeader header, @Nullable Tls tls) {

	/**
	 * A fresh socket takes it without waiting for the peer: tcp_wmem's default, tcp(7).
	 */
	private static final int SEND_BUFFER = 16 * 1024;

	/** A service tells nobody that it listens: it is asked until it answers. */
	private static final Duration PAUSE_BETWEEN_ATTEMPTS = Duration.ofMillis(100);

	/**
	 * One would not do: of several pods behind an address, a network policy may let a new
	 * client reach some earlier than others.
	 */
	private static final int CONNECTIONS_IN_A_ROW = 10;

	/** Returns once so many have been taken in a row, or after the longest time. */
	void await(Duration longest) throws InterruptedException {
		long start = System.nanoTime();
		while (!takesAll() && System.nanoTime() - start < longest.toNanos()) {
			Thread.sleep(PAUSE_BETWEEN_ATTEMPTS);
		}
	}

	private boolean takesAll() {
		return IntStream.range(0, CONNECTIONS_IN_A_ROW).allMatch((_) -> exchange(null).ending() == Ending.CONNECTED);
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
			try (Connection connection = new Connection()) {
				connection.connect(remote, (int) this.connectTimeout.toMillis());
				Exchange exchange = (request != null) ? talk(connection, remote, request, start)
						: withoutReply(remote, Ending.CONNECTED, "took the connection", start);
				return exchange.after(failed);
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
	static Exchange decide(List<Exchange> failed) {
		Exchange decisive = failed.stream()
			.filter((exchange) -> exchange.ending() != Ending.UNREACHABLE)
			.findFirst()
			.orElse(failed.getFirst());
		String description = failed.stream().map(Exchange::description).collect(Collectors.joining(", "));
		return Exchange.failed(decisive.ending(), decisive.address(), description, failed.getLast().nanoseconds());
	}

	private Exchange talk(Connection connection, InetSocketAddress remote, Request request, long start) {
		long deadline = System.nanoTime() + this.timeout.toNanos();
		connection.endBy(deadline);
		ByteArrayOutputStream received = new ByteArrayOutputStream();
		Tls.Certificate certificate = null;
		IOException failure = null;
		try {
			Socket stream = connection;
			byte[] header = (this.header != null) ? this.header.bytes(connection) : new byte[0];
			if (this.tls != null) {
				connection.getOutputStream().write(header);
				header = new byte[0];
				SSLSocket secured = this.tls.over(connection);
				certificate = Tls.Certificate.of(secured);
				stream = secured;
				if (request.message().length > SEND_BUFFER) {
					connection.closeAtItsEnd();
				}
			}
			send(stream, header, request.message());
			receive(stream, received, request.limit() + 1);
		}
		catch (IOException ex) {
			failure = ex;
		}
		long nanoseconds = System.nanoTime() - start;
		byte[] reply = received.toByteArray();
		String fault = request.fault(reply, failure == null);
		String amount = request.amount(reply.length);
		Ending ending = (request.message().length > 0) ? Ending.ECHOED : Ending.EMPTY;
		String what = "returned " + amount;
		if (fault != null) {
			ending = Ending.WRONG;
			what = fault;
		}
		else if (failure instanceof SocketTimeoutException || (failure != null && System.nanoTime() - deadline >= 0)) {
			ending = Ending.TIMEOUT;
			what = ((this.tls != null && certificate == null) ? "did not finish the handshake"
					: what + " and no end of stream") + " within " + this.timeout.toMillis() + " ms";
		}
		else if (failure instanceof SSLException ssl && reply.length == 0) {
			ending = Ending.HANDSHAKE;
			what = Tls.reason(ssl);
		}
		else if (failure != null) {
			ending = Ending.RESET;
			what = "reset the connection after " + amount;
		}
		else if (certificate != null && connection.hasEnded() && ending == Ending.ECHOED) {
			ending = Ending.WRONG;
			what = "ended the stream after " + amount + " without close_notify, so that more may be missing";
		}
		return new Exchange(ending, remote, shown(remote) + " " + what, reply, nanoseconds,
				(ending == Ending.ECHOED) ? request.instance(reply) : null, certificate);
	}

	private static void send(Socket socket, byte[] header, byte[] message) throws IOException {
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

	private static void receive(Socket socket, ByteArrayOutputStream received, int most) throws IOException {
		byte[] buffer = new byte[most];
		int count = 0;
		while (count != -1 && received.size() < most) {
			received.write(buffer, 0, count);
			count = socket.getInputStream().read(buffer, 0, most - received.size());
		}
	}

}
