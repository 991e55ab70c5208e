package io.tcpecho.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Connects to some places again and again, and each time prints those that it could
 * connect to. It runs in a pod, with the image's Java and no class besides this one.
 */
public final class Reach {

	private Reach() {
	}

	/** Of its arguments: hosts with their ports. */
	public static void main(String[] places) throws InterruptedException {
		while (true) {
			System.out.println(Stream.of(places)
				.parallel()
				.filter((place) -> isReached(List.of(place.split(":", -1))))
				.collect(Collectors.joining(" ", "reached ", "")));
			TimeUnit.MILLISECONDS.sleep(500);
		}
	}

	private static boolean isReached(List<String> place) {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(place.getFirst(), Integer.parseInt(place.getLast())), 1000);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
