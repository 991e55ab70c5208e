package io.tcpecho;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.apache.coyote.Processor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's HTTP for Actuator, on which nobody who holds connections keeps a probe from
 * its answer: clients that let a thread wait lose their connection when threads run
 * short, and the oldest connection goes when all are taken. What clients can make it hold
 * fits the heap of a 256 MiB container.
 * <p>
 * Public, with its constructor, because Tomcat makes it by its name.
 */
public final class ActuatorProtocol extends Http11NioProtocol {

	/**
	 * In milliseconds: how often threads that wait for their clients, to send a body or
	 * to read the answer, are freed if they are more than half of all.
	 */
	private static final long INTERVAL = 50;

	/** In bytes. The kernel would keep up to 4 MB (tcp_wmem) for who does not read. */
	private static final int SEND_BUFFER_SIZE = 16 * 1024;

	/** The connections that have a thread, the longest first. */
	private final Map<SocketChannel, Thread> threads = Collections.synchronizedMap(new LinkedHashMap<>());

	private @Nullable Future<?> freeing;

	public ActuatorProtocol() {
		super(new Endpoint());
		setMaxConnections(ConnectionLimit.actuatorConnections());
		getEndpoint().getSocketProperties().setTxBufSize(SEND_BUFFER_SIZE);
		// These three are 24 KB for each connection otherwise, and there are thousands.
		getEndpoint().getSocketProperties().setAppReadBufSize(1024);
		getEndpoint().getSocketProperties().setAppWriteBufSize(2048);
		setMaxTrailerSize(0);
	}

	/** Never more than descriptors are reserved for; Tomcat takes -1 for no limit. */
	@Override
	public void setMaxConnections(int maxConnections) {
		int most = ConnectionLimit.actuatorConnections();
		super.setMaxConnections((maxConnections < 1) ? most : Math.min(maxConnections, most));
	}

	/**
	 * Keeps Tomcat's own threads, which are counted here, whatever
	 * {@code spring.threads.virtual.enabled} says: that is for exchanges.
	 */
	@Override
	public void setExecutor(Executor executor) {
	}

	@Override
	public void start() throws Exception {
		super.start();
		this.freeing = getUtilityExecutor().scheduleWithFixedDelay(this::freeThreads, INTERVAL, INTERVAL,
				TimeUnit.MILLISECONDS);
	}

	@Override
	public void stop() throws Exception {
		if (this.freeing != null) {
			this.freeing.cancel(false);
		}
		super.stop();
	}

	private void freeThreads() {
		synchronized (this.threads) {
			List<SocketChannel> waiting = this.threads.entrySet()
				.stream()
				.filter((entry) -> isWaiting(entry.getValue()))
				.map(Map.Entry::getKey)
				.toList();
			waiting.stream().limit(Math.max(0, waiting.size() - getMaxThreads() / 2)).forEach(ActuatorProtocol::cut);
		}
	}

	private static boolean isWaiting(Thread thread) {
		Thread.State state = thread.getState();
		return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
	}

	@Override
	protected Processor createProcessor() {
		return new Http11Processor(this, getAdapter()) {

			@Override
			public SocketState service(SocketWrapperBase<?> wrapper) throws IOException {
				SocketChannel channel = ((NioChannel) wrapper.getSocket()).getIOChannel();
				if (channel == null) {
					// Closed by another thread.
					return SocketState.CLOSED;
				}
				ActuatorProtocol.this.threads.put(channel, Thread.currentThread());
				try {
					return super.service(wrapper);
				}
				finally {
					ActuatorProtocol.this.threads.remove(channel);
				}
			}

		};
	}

	/**
	 * Ends a connection from another thread. Closing it is left to Tomcat: that would not
	 * wake up the thread that waits for it, and end of stream does.
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

	private static final class Endpoint extends NioEndpoint {

		/** Oldest first. Only the one thread that accepts uses it. */
		private final Queue<SocketChannel> accepted = new ArrayDeque<>();

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

	}

}
