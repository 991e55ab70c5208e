package io.tcpecho.actuator;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.SequencedSet;
import java.util.concurrent.Executor;

import io.tcpecho.settings.Descriptors;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketBufferHandler;

/**
 * Tomcat's HTTP for Actuator, on which nobody who holds connections keeps a probe from
 * its answer: when half of the threads wait for clients that don't read, the connection
 * of the one that has waited longest goes, and the oldest connection when all are taken.
 * What clients can make it hold fits the heap of a 256 MiB container.
 * <p>
 * Public, with its constructor, because Tomcat makes it by its name.
 */
public final class ActuatorProtocol extends Http11NioProtocol {

	/** In bytes. The kernel would keep up to 4 MB (tcp_wmem) for who does not read. */
	private static final int SEND_BUFFER_SIZE = 16 * 1024;

	public ActuatorProtocol() {
		super(new Endpoint());
		setMaxConnections(Descriptors.actuator());
		getEndpoint().getSocketProperties().setTxBufSize(SEND_BUFFER_SIZE);
		// These three are 24 KB for each connection otherwise, and there are thousands.
		getEndpoint().getSocketProperties().setAppReadBufSize(1024);
		getEndpoint().getSocketProperties().setAppWriteBufSize(2048);
		setMaxTrailerSize(0);
		// In milliseconds: no body is wanted, and Tomcat waits for the rest of one, too.
		setDisableUploadTimeout(false);
		setConnectionUploadTimeout(1);
	}

	/** Never more than descriptors are reserved for; Tomcat takes -1 for no limit. */
	@Override
	public void setMaxConnections(int maxConnections) {
		int most = Descriptors.actuator();
		super.setMaxConnections((maxConnections < 1) ? most : Math.min(maxConnections, most));
	}

	/**
	 * Keeps Tomcat's own threads, half of which may wait, whatever
	 * {@code spring.threads.virtual.enabled} says: that is for exchanges.
	 */
	@Override
	public void setExecutor(Executor executor) {
	}

	private static final class Endpoint extends NioEndpoint {

		/** Oldest first. Only the one thread that accepts uses it. */
		private final Queue<SocketChannel> accepted = new ArrayDeque<>();

		/** Those whose thread waits until more can be written, longest first. */
		private final SequencedSet<SocketChannel> unread = new LinkedHashSet<>();

		@Override
		protected boolean setSocketOptions(SocketChannel channel) {
			// An eighth is for those that are cut and not closed yet.
			int kept = Math.max(1, getMaxConnections() / 8 * 7);
			if (this.accepted.size() >= kept) {
				this.accepted.removeIf((one) -> !one.isOpen());
				while (this.accepted.size() >= kept) {
					cut(this.accepted.remove());
				}
			}
			this.accepted.add(channel);
			return super.setSocketOptions(channel);
		}

		@Override
		protected NioChannel createChannel(SocketBufferHandler buffer) {
			return isSSLEnabled() ? new SecureNioChannel(buffer, this) {

				@Override
				public int write(ByteBuffer source) throws IOException {
					return wrote(getIOChannel(), super.write(source));
				}

			} : new NioChannel(buffer) {

				@Override
				public int write(ByteBuffer source) throws IOException {
					return wrote(getIOChannel(), super.write(source));
				}

			};
		}

		/** Nothing written: Tomcat has the thread wait. */
		private int wrote(SocketChannel channel, int count) {
			synchronized (this.unread) {
				this.unread.remove(channel);
				if (count == 0) {
					this.unread.removeIf((one) -> !one.isOpen());
					this.unread.add(channel);
					if (this.unread.size() > getMaxThreads() / 2) {
						cut(this.unread.removeFirst());
					}
				}
			}
			return count;
		}

		/**
		 * Ends a connection from another thread. Closing it is left to Tomcat: that would
		 * not wake up the thread that waits for it, and end of stream does.
		 */
		private static void cut(SocketChannel channel) {
			try {
				// By a reset: the kernel would go on trying to send what is not read.
				channel.setOption(StandardSocketOptions.SO_LINGER, 0);
				channel.shutdownInput().shutdownOutput();
			}
			catch (IOException ex) {
				// It is closed, which is what was wanted.
			}
		}

	}

}
