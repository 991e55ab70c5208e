package io.tcpecho.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections on which nothing is sent at first.
 */
final class SilentClients implements AutoCloseable {

	private static final Duration BOUND = Duration.ofSeconds(30);

	private static final int READ_SIZE = 1024;

	private final List<SocketChannel> channels = new ArrayList<>();

	/**
	 * Connects that many, or fewer where one takes as long as an exchange may, or all
	 * take half a minute.
	 */
	SilentClients(int port, int count) throws IOException {
		long end = System.nanoTime() + BOUND.toNanos();
		while (this.channels.size() < count && System.nanoTime() < end) {
			SocketChannel channel = SocketChannel.open();
			try {
				channel.socket().connect(Load.address(port, this.channels.size()), (int) Load.BOUND.toMillis());
				channel.configureBlocking(false);
				this.channels.add(channel);
			}
			catch (IOException ex) {
				channel.close();
				break;
			}
		}
	}

	int connected() {
		return this.channels.size();
	}

	/** How many streams have ended; reads a little of each, so ask until it settles. */
	long cut() {
		ByteBuffer buffer = ByteBuffer.allocate(READ_SIZE);
		return this.channels.stream().filter((channel) -> {
			try {
				return channel.read(buffer.clear()) < 0;
			}
			catch (IOException ex) {
				return true;
			}
		}).count();
	}

	/**
	 * Has all of them send a message after all, and waits until each has had its reply.
	 */
	void exchange(byte[] message) throws IOException {
		for (SocketChannel channel : this.channels) {
			channel.write(ByteBuffer.wrap(message));
		}
		long end = System.nanoTime() + BOUND.toNanos();
		while (cut() < this.channels.size()) {
			if (System.nanoTime() > end) {
				throw new IOException("Not all have had a reply within " + BOUND);
			}
		}
	}

	/**
	 * How many have been closed, not only half-closed, by the server: what they send it
	 * answers with a reset.
	 */
	long gone() {
		this.channels.forEach(SilentClients::isRefused);
		return this.channels.stream().filter(SilentClients::isRefused).count();
	}

	private static boolean isRefused(SocketChannel channel) {
		try {
			channel.write(ByteBuffer.allocate(1));
			return false;
		}
		catch (IOException ex) {
			return true;
		}
	}

	@Override
	public void close() throws IOException {
		for (SocketChannel channel : this.channels) {
			channel.close();
		}
	}

}
