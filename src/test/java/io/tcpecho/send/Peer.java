package io.tcpecho.send;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * A real listener on a free loopback port, which treats one connection after the other as
 * it is told: the first as the first behaviour says, and so on; the last behaviour is for
 * all that follow.
 */
final class Peer implements AutoCloseable {

	interface Behaviour {

		void serve(Socket client) throws IOException, InterruptedException;

	}

	private static final int LIMIT = 100;

	private final ServerSocket listener;

	private final Semaphore accepting = new Semaphore(1);

	Peer(Behaviour... behaviours) throws IOException {
		this(InetAddress.ofLiteral("127.0.0.1"), 0, behaviours);
	}

	Peer(InetAddress address, int port, Behaviour... behaviours) throws IOException {
		this(new ServerSocket(port, 50, address));
		Thread.startVirtualThread(() -> serve(List.of(behaviours).iterator()));
	}

	/** Treats all connections alike, and up to sixteen side by side. */
	static Peer sideBySide(Behaviour behaviour) throws IOException {
		Peer peer = new Peer(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")));
		for (int i = 0; i < 16; i++) {
			Thread.startVirtualThread(() -> peer.serve(List.of(behaviour).iterator()));
		}
		return peer;
	}

	private Peer(ServerSocket listener) {
		this.listener = listener;
	}

	private void serve(Iterator<Behaviour> behaviours) {
		Behaviour behaviour = behaviours.next();
		while (!this.listener.isClosed()) {
			try (Socket client = accept()) {
				behaviour.serve(client);
			}
			catch (IOException | InterruptedException ex) {
				// Closed, or a client that is gone: the client's view is what is tested.
			}
			behaviour = behaviours.hasNext() ? behaviours.next() : behaviour;
		}
	}

	private Socket accept() throws IOException {
		this.accepting.acquireUninterruptibly();
		try {
			return this.listener.accept();
		}
		finally {
			this.accepting.release();
		}
	}

	/** A port without a listener that nobody else can get. */
	static Socket closedPort() throws IOException {
		Socket socket = new Socket();
		socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
		return socket;
	}

	int port() {
		return this.listener.getLocalPort();
	}

	/** Refuses from now on. */
	void stop() throws IOException {
		this.listener.close();
		// The kernel keeps the port until accept(2) has returned.
		this.accepting.acquireUninterruptibly();
		this.accepting.release();
	}

	@Override
	public void close() throws IOException {
		stop();
	}

	/** What the service does. */
	static void echo(Socket client) throws IOException {
		reply(client, receive(client));
	}

	/** Whatever the message is, this comes back. */
	static Behaviour answer(String reply) {
		return (client) -> {
			if (receive(client).length > 0) {
				reply(client, reply.getBytes(StandardCharsets.UTF_8));
			}
		};
	}

	static void echoAllButOneByte(Socket client) throws IOException {
		byte[] message = receive(client);
		reply(client, Arrays.copyOf(message, message.length - 1));
	}

	static void echoOneByteTooMany(Socket client) throws IOException {
		byte[] message = receive(client);
		reply(client, Arrays.copyOf(message, message.length + 1));
	}

	static void echoWithTheThirdByteChanged(Socket client) throws IOException {
		byte[] message = receive(client);
		message[2] ^= 1;
		reply(client, message);
	}

	static void echoWithoutClosing(Socket client) throws IOException {
		client.getOutputStream().write(receive(client));
		untilTheClientCloses(client);
	}

	static void closeWithoutReply(Socket client) throws IOException {
		receive(client);
	}

	static void greetWithoutClosing(Socket client) throws IOException {
		client.getOutputStream().write("220 ready".getBytes(StandardCharsets.UTF_8));
		untilTheClientCloses(client);
	}

	static void staySilent(Socket client) throws IOException {
		untilTheClientCloses(client);
	}

	static void reset(Socket client) throws IOException {
		receive(client);
		client.setSoLinger(true, 0);
	}

	/**
	 * The connection must be kept open afterwards: closing it with unread bytes resets
	 * it.
	 */
	static void echoWithoutReadingOn(Socket client) throws IOException {
		client.getOutputStream().write(receive(client));
		client.shutdownOutput();
	}

	private static byte[] receive(Socket client) throws IOException {
		byte[] buffer = new byte[LIMIT];
		int length = client.getInputStream().read(buffer);
		return Arrays.copyOf(buffer, Math.max(0, length));
	}

	private static void reply(Socket client, byte[] reply) throws IOException {
		client.getOutputStream().write(reply);
		client.shutdownOutput();
		untilTheClientCloses(client);
	}

	private static void untilTheClientCloses(Socket client) throws IOException {
		client.getInputStream().transferTo(OutputStream.nullOutputStream());
	}

}
