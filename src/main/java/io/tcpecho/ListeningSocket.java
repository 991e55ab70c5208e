package io.tcpecho;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * A socket that listens on the port, and how its listener accepts from it: in batches,
 * with a permit for each connection, with a pause after a failure, and in a drain no more
 * than the kernel can have queued when it began.
 */
final class ListeningSocket implements Closeable {

	/** Accepted in one turn, so that a flood does not starve the others. */
	private static final int BATCH = 64;

	/**
	 * {@code SO_RCVBUF} of each connection. The kernel makes twice as much of it
	 * (socket(7)), and that is what a client can pin that sends and is not read. At a
	 * round trip of 200 ms 64 KB of surplus still get through in time.
	 */
	private static final int RECEIVE_BUFFER = 32 * 1024;

	/** From a failure of {@code accept(2)} to the next try, in nanoseconds. */
	private static final long PAUSE = Duration.ofMillis(100).toNanos();

	/** The kernel's cap on the backlog (listen(2)), on Linux. */
	private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");

	private final ServerSocketChannel channel = ServerSocketChannel.open();

	private final ConnectionLimit limit;

	private final AcceptFailures failures;

	final InetSocketAddress address;

	private long drainable;

	private boolean awaitsPermit;

	/** By {@link System#nanoTime()}; 0 unless the newest accept has failed. */
	private volatile long retryAt;

	/**
	 * @param sibling the one that has the port, if one has
	 */
	ListeningSocket(EchoProperties properties, ConnectionLimit limit, AcceptFailures failures,
			@Nullable ListeningSocket sibling) throws IOException {
		this.limit = limit;
		this.failures = failures;
		this.drainable = backlogInForce(properties.backlog()) + 1L;
		try {
			this.channel.configureBlocking(false);
			this.channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
			// The first binds without the option, or it could share the port of somebody
			// else; then it has the option, so that its siblings can share the port.
			if (sibling == null) {
				this.channel.bind(properties.socketAddress(), properties.backlog());
			}
			if (properties.listeners() > 1 && canShare()) {
				this.channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
			}
			if (sibling != null) {
				this.channel.bind(sibling.address, properties.backlog());
			}
			this.address = (InetSocketAddress) this.channel.getLocalAddress();
		}
		catch (IOException | RuntimeException ex) {
			EchoListener.closeQuietly(this);
			throw ex;
		}
	}

	/** What the kernel makes of a backlog. */
	static int backlogInForce(int backlog) {
		try {
			// Not readString: of a file of size 0 it reads one byte first, and here only
			// the first read gets anything.
			return Math.min(backlog, Integer.parseInt(String.join("", Files.readAllLines(SOMAXCONN))));
		}
		catch (IOException | NumberFormatException ex) {
			return backlog;
		}
	}

	/** Whether the port can have another socket. */
	boolean canShare() {
		return this.channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT);
	}

	SelectionKey register(Selector selector) throws ClosedChannelException {
		return this.channel.register(selector, 0);
	}

	boolean isOpen() {
		return this.channel.isOpen();
	}

	/** Whether it listens and the newest accept has failed; for any thread. */
	boolean isFailing() {
		return this.retryAt != 0 && isOpen();
	}

	/** Whether the selector is to tell when there is someone to accept. */
	boolean wantsClients() {
		return !this.awaitsPermit && !isFailing() && this.drainable > 0;
	}

	/** Whether to try to accept although the selector does not tell of anyone. */
	boolean isDue(long now) {
		return this.awaitsPermit || untilRetry(now) <= 0;
	}

	/** Nanoseconds; {@link Long#MAX_VALUE} while there is nothing to retry. */
	long untilRetry(long now) {
		return isFailing() ? this.retryAt - now : Long.MAX_VALUE;
	}

	/**
	 * Accepts a batch or, in a drain, all there is.
	 * @return whether the queue is as good as empty: nobody is there, or in a drain as
	 * many have been accepted as can have been queued when it began
	 */
	boolean accept(EchoListener listener, boolean draining, Consumer<SocketChannel> opener) throws IOException {
		this.awaitsPermit = false;
		for (int i = 0; draining ? this.drainable > 0 : i < BATCH; i++) {
			if (!this.limit.tryAcquire(listener)) {
				this.awaitsPermit = true;
				this.retryAt = 0;
				return false;
			}
			SocketChannel accepted = null;
			try {
				accepted = this.channel.accept();
				this.retryAt = 0;
			}
			catch (ClosedChannelException ex) {
				throw ex;
			}
			catch (IOException ex) {
				this.failures.add(ex);
				this.retryAt = System.nanoTime() + PAUSE;
				return false;
			}
			finally {
				if (accepted == null) {
					this.limit.release();
				}
			}
			if (accepted == null) {
				return true;
			}
			this.drainable -= draining ? 1 : 0;
			opener.accept(accepted);
		}
		return draining;
	}

	/**
	 * Accepts who is still queued, one at a time and without a permit: it closes them.
	 */
	void turnAway(Consumer<SocketChannel> closer) {
		try {
			SocketChannel queued;
			while (this.drainable-- > 0 && (queued = this.channel.accept()) != null) {
				closer.accept(queued);
			}
		}
		catch (IOException ex) {
			// Closed already, or out of descriptors: the kernel resets the rest.
		}
	}

	/** The port is free once the selector has deregistered it. */
	@Override
	public void close() throws IOException {
		this.channel.close();
	}

}
