package io.tcpecho.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Holds connections to Actuator by requests whose bodies come a byte a second, and opens
 * new ones for those that are ended. It runs in a pod, with the image's Java and no class
 * besides this one.
 */
public final class SlowBodies {

	private static final byte[] REQUEST = """
			POST /actuator/health HTTP/1.1
			Host: x
			Content-Type: application/json
			Content-Length: 100000

			{""".replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);

	private SlowBodies() {
	}

	/** Of its arguments: seconds, port, connections to each host, hosts. */
	public static void main(String[] arguments) throws InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[0]));
		int port = Integer.parseInt(arguments[1]);
		int connections = Integer.parseInt(arguments[2]);
		List<Socket> sockets = new ArrayList<>();
		int opened = 0;
		int ended = 0;
		int most = 0;
		while (System.nanoTime() - end < 0) {
			ended += sendMore(sockets);
			for (int host = 3; host < arguments.length; host++) {
				opened += open(sockets, new InetSocketAddress(arguments[host], port), connections);
			}
			most = Math.max(most, sockets.size());
			TimeUnit.SECONDS.sleep(1);
		}
		System.out.printf("%d opened, %d ended by the service, %d open at once at most%n", opened, ended, most);
	}

	private static int sendMore(List<Socket> sockets) {
		int before = sockets.size();
		for (Iterator<Socket> iterator = sockets.iterator(); iterator.hasNext();) {
			Socket socket = iterator.next();
			try {
				socket.getOutputStream().write(' ');
			}
			catch (IOException ex) {
				iterator.remove();
			}
		}
		return before - sockets.size();
	}

	private static int open(List<Socket> sockets, InetSocketAddress address, int wanted) {
		InetAddress host = address.getAddress();
		long there = sockets.stream().filter((socket) -> host.equals(socket.getInetAddress())).count();
		int opened = 0;
		try {
			for (long i = there; i < wanted; i++) {
				Socket socket = new Socket();
				socket.connect(address, 1000);
				socket.getOutputStream().write(REQUEST);
				sockets.add(socket);
				opened++;
			}
		}
		catch (IOException ex) {
			// Again in a second.
		}
		return opened;
	}

}
