package io.tcpecho;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketImpl;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One accepted connection, from its first read to its close. Its input is what the first
 * read returned and nothing more: that is the message. Closing it after the reply only
 * half-closes it; {@link EchoListener} lingers and then {@linkplain #release() releases}
 * it.
 * <p>
 * It belongs to the listener's thread, except for {@link #reply} and {@link #close()},
 * which are called where the exchange runs, and {@link #close()} also where the service
 * is stopped.
 */
final class EchoSocket extends Socket {

	private static final Log logger = LogFactory.getLog(EchoSocket.class);

	private final SocketChannel channel;

	private final InetSocketAddress remoteAddress;

	private final EchoListener listener;

	private final EchoMetrics metrics;

	private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

	private final AtomicBoolean released = new AtomicBoolean();

	private final long acceptedAt;

	private byte[] message = {};

	private long messageAt;

	private volatile long endedAt;

	private long discarded;

	// Socket wants null where it is to have no SocketImpl.
	@SuppressWarnings("NullAway")
	EchoSocket(SocketChannel channel, EchoListener listener, EchoMetrics metrics) throws IOException {
		super((SocketImpl) null);
		this.channel = channel;
		this.remoteAddress = (InetSocketAddress) channel.getRemoteAddress();
		this.listener = listener;
		this.metrics = metrics;
		channel.configureBlocking(false);
		this.acceptedAt = System.nanoTime();
		metrics.accepted();
	}

	/**
	 * Tries the one read that decides the message.
	 * @param buffer as large as the largest message
	 * @return whether the message is there; if not, either the exchange has ended or the
	 * client has not sent anything yet
	 */
	boolean receive(ByteBuffer buffer) {
		try {
			int count = this.channel.read(buffer.clear());
			if (count > 0) {
				this.messageAt = System.nanoTime();
				this.message = new byte[count];
				buffer.flip().get(this.message);
				this.metrics.received(count);
				return true;
			}
			if (count < 0) {
				abandon(Outcome.EMPTY);
			}
		}
		catch (IOException ex) {
			abandon(Outcome.RESET);
		}
		return false;
	}

	/**
	 * Writes the reply, which ends the exchange. One write does it: a fresh socket's send
	 * buffer takes the largest message whole (see {@link EchoProperties}). A client that
	 * is gone is no error: the outcome says so.
	 */
	void reply(byte[] reply) {
		ByteBuffer buffer = ByteBuffer.wrap(reply);
		try {
			int written = this.channel.write(buffer);
			if (buffer.hasRemaining()) {
				logger.error("A reply of %d bytes is more than the socket takes at once: %d".formatted(reply.length,
						written));
			}
			end(buffer.hasRemaining() ? Outcome.ERROR : Outcome.ECHOED, written);
		}
		catch (IOException ex) {
			end(Outcome.RESET, 0);
		}
	}

	/**
	 * Ends what the exchange has left open: after a reply this sends FIN and leaves the
	 * rest to the listener, because closing a socket with unread input makes the kernel
	 * send RST, which can overtake the reply (RFC 2525, 2.17).
	 */
	@Override
	public void close() {
		end(this.listener.isClosed() ? Outcome.ABORTED : Outcome.ERROR, 0);
		if (this.outcome.get() != Outcome.ECHOED) {
			release();
			return;
		}
		try {
			this.channel.shutdownOutput();
			this.listener.linger(this);
		}
		catch (IOException ex) {
			release();
		}
	}

	/** Ends the exchange without a reply, and the connection with it. */
	void abandon(Outcome how) {
		end(how, 0);
		release();
	}

	/**
	 * Reads on, once, and throws it away.
	 * @return whether lingering is over, because the client has closed or has sent more
	 * than {@code limit} bytes
	 */
	boolean discard(ByteBuffer buffer, long limit) {
		try {
			int count = this.channel.read(buffer.clear());
			this.discarded += Math.max(count, 0);
			return count < 0 || this.discarded > limit;
		}
		catch (IOException ex) {
			return true;
		}
	}

	/** Closes the connection for good. */
	void release() {
		if (this.released.compareAndSet(false, true)) {
			try {
				this.channel.close();
			}
			catch (IOException ex) {
				logger.debug("Closing failed, the descriptor is free all the same (close(2))", ex);
			}
			this.metrics.closed();
			this.listener.wakeup();
		}
	}

	void register(Selector selector) throws IOException {
		this.channel.register(selector, SelectionKey.OP_READ, this);
	}

	void deregister(Selector selector) {
		this.channel.keyFor(selector).cancel();
	}

	long acceptedAt() {
		return this.acceptedAt;
	}

	long endedAt() {
		return this.endedAt;
	}

	private void end(Outcome how, int bytes) {
		if (!this.outcome.compareAndSet(null, how)) {
			return;
		}
		long now = System.nanoTime();
		this.endedAt = now;
		if (how == Outcome.ECHOED) {
			this.metrics.replied(now - this.messageAt, bytes);
		}
		this.metrics.ended(how, now - this.acceptedAt);
		if (logger.isDebugEnabled()) {
			logger.debug("%s %s, %d bytes in, %d out, %d µs".formatted(this.remoteAddress, how, this.message.length,
					bytes, (now - this.acceptedAt) / 1_000));
		}
	}

	@Override
	public InputStream getInputStream() {
		return new ByteArrayInputStream(this.message);
	}

	@Override
	public boolean isClosed() {
		return this.outcome.get() != null;
	}

	@Override
	public InetAddress getInetAddress() {
		return Objects.requireNonNull(this.remoteAddress.getAddress());
	}

	@Override
	public int getPort() {
		return this.remoteAddress.getPort();
	}

	@Override
	public int getLocalPort() {
		return this.listener.getLocalPort();
	}

}
