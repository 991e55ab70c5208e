package io.tcpecho.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A plain {@link ServerSocket} with a virtual thread for each client:
 * {@code VirtualThreadsEcho PORT BACKLOG LIMIT}.
 */
final class VirtualThreadsEcho {

	private VirtualThreadsEcho() {
	}

	static void main(String[] args) throws IOException {
		int limit = Integer.parseInt(args[2]);
		try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]), Integer.parseInt(args[1]))) {
			while (!server.isClosed()) {
				Socket client = server.accept();
				Thread.ofVirtual().start(() -> echo(client, limit));
			}
		}
	}

	private static void echo(Socket accepted, int limit) {
		try (Socket client = accepted) {
			byte[] buffer = new byte[limit];
			int count = client.getInputStream().read(buffer);
			if (count > 0) {
				client.getOutputStream().write(buffer, 0, count);
			}
		}
		catch (IOException ex) {
			// The client's affair.
		}
	}

}
