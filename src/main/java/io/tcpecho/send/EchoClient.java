package io.tcpecho.send;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Tries the addresses of a host, in the JVM's order, until one connects: IPv4 first,
 * unless {@code java.net.preferIPv6Addresses} says otherwise.
 *
 * @param connectTimeout for each address; must be shorter than the kernel's own, which
 * would look like a refusal
 * @param timeout from being connected to the end of the reply
 * @param family which addresses are tried
 * @param header what is sent before the message, if anything
 * @param request null if connecting is all that is wanted
 */
record EchoClient(String host, int port, Duration connectTimeout, Duration timeout, Family family,
		@Nullable ProxyHeader header, @Nullable Request request) {

	private static final byte[] NO_HEADER = {};

	/**
	 * What is sent, and what must come back. Thread-safe, as all that is in it.
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared
	record Request(byte[] message, ExpectedReply expected) {

	}

	EchoClient sending(Request request) {
		return new EchoClient(this.host, this.port, this.connectTimeout, this.timeout, this.family, this.header,
				request);
	}

	/**
	 * Connects, sends the message and judges the reply. Never throws for what the network
	 * does: that is an outcome.
	 */
	Exchange exchange() {
		InetAddress[] addresses = resolve();
		if (addresses.length == 0) {
			return Exchange.unresolved(this.host, this.family);
		}
		long start = System.nanoTime();
		List<Exchange> failed = new ArrayList<>();
		for (InetAddress address : addresses) {
			InetSocketAddress remote = new InetSocketAddress(address, this.port);
			// Whatever proxy the JVM is set to, it is this address that is asked for.
			try (Socket socket = new Socket(Proxy.NO_PROXY)) {
				socket.connect(remote, (int) this.connectTimeout.toMillis());
				return (this.request != null) ? talk(socket, remote, this.request, start)
						: Exchange.with(remote, Outcome.CONNECTED, "took the connection", System.nanoTime() - start);
			}
			catch (IOException ex) {
				failed.add(failure(remote, ex, System.nanoTime() - start));
			}
		}
		return decide(failed);
	}

	private InetAddress[] resolve() {
		try {
			return this.family.filter(InetAddress.getAllByName(this.host));
		}
		catch (UnknownHostException ex) {
			return new InetAddress[0];
		}
	}

	private Exchange talk(Socket socket, InetSocketAddress remote, Request request, long start) {
		ProxyHeader.Side local = new ProxyHeader.Side(socket.getLocalAddress(), socket.getLocalPort());
		byte[] bytes = (this.header == null) ? NO_HEADER : this.header.bytes(local,
				new ProxyHeader.Side(Objects.requireNonNull(socket.getInetAddress()), this.port));
		return new Conversation(socket, remote, bytes, request.message(), request.expected()).hold(this.timeout, start);
	}

	Exchange failure(InetSocketAddress remote, IOException ex, long nanoseconds) {
		if (ex instanceof ConnectException) {
			return Exchange.with(remote, Outcome.REFUSED, "refused the connection", nanoseconds);
		}
		if (String.valueOf(ex.getMessage()).startsWith("Connection reset")) {
			// A listener that closes resets who is queued, also before connect() returns.
			// By strerror's text: the JDK keeps no number.
			return Exchange.with(remote, Outcome.RESET, "reset the connection as it was made", nanoseconds);
		}
		String what = (ex instanceof SocketTimeoutException)
				? "did not answer within %d ms".formatted(this.connectTimeout.toMillis())
				: "cannot be reached (%s)".formatted(ex.getMessage());
		return Exchange.with(remote, Outcome.UNREACHABLE, what, nanoseconds);
	}

	/** One that refuses or resets decides: somebody is there. */
	private static Exchange decide(List<Exchange> failed) {
		Exchange decisive = failed.stream()
			.filter((exchange) -> exchange.outcome() != Outcome.UNREACHABLE)
			.findFirst()
			.orElse(failed.getFirst());
		String description = failed.stream().map(Exchange::description).collect(Collectors.joining(", "));
		return new Exchange(decisive.outcome(), decisive.address(), description, decisive.reply(),
				failed.getLast().nanoseconds(), null);
	}

}
