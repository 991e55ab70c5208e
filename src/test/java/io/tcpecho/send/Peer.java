package io.tcpecho.send;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

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

	Peer(Behaviour... behaviours) throws IOException {
		this.listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
		Thread.startVirtualThread(() -> serve(List.of(behaviours).iterator()));
	}

	private void serve(Iterator<Behaviour> behaviours) {
		Behaviour behaviour = behaviours.next();
		while (!this.listener.isClosed()) {
			try (Socket client = this.listener.accept()) {
				behaviour.serve(client);
			}
			catch (IOException | InterruptedException ex) {
				// Closed, or a client that is gone: the client's view is what is tested.
			}
			behaviour = behaviours.hasNext() ? behaviours.next() : behaviour;
		}
	}

	int port() {
		return this.listener.getLocalPort();
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
	}

	/** What the service does. */
	static void echo(Socket client) throws IOException {
		reply(client, receive(client));
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
