package io.tcpecho.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop of clients: each connects, sends its message, reads to the end of the
 * stream, closes, and begins again. All run on one thread, in the order in which the
 * kernel has something for them: threads would wait for each other's time slices, and
 * that would be in the latencies.
 */
final class Load {

	/** What is not echoed by then has failed. */
	static final Duration BOUND = Duration.ofSeconds(5);

	private static final Duration TICK = Duration.ofMillis(50);

	private static final int ADDRESSES = 16;

	private final Selector selector;

	private final long end;

	private long exchangesLeft;

	private int active;

	private long inTime;

	private final Histogram latencies = newHistogram();

	private final Map<Failure, Long> failures = new EnumMap<>(Failure.class);

	private Load(Selector selector, Bound bound) {
		this.selector = selector;
		this.end = System.nanoTime() + bound.duration().toNanos();
		this.exchangesLeft = bound.exchanges();
	}

	/**
	 * How long it goes on.
	 *
	 * @param exchanges at most
	 */
	record Bound(Duration duration, long exchanges) {
	}

	/**
	 * What came of it.
	 *
	 * @param latencies of the exchanges that were echoed, from before the connect to the
	 * end of the stream, in nanoseconds
	 * @param inTime how many were echoed before the time was up
	 * @param failures all others
	 */
	record Result(Histogram latencies, long inTime, Map<Failure, Long> failures) {

		long echoed() {
			return this.latencies.getTotalCount();
		}

	}

	/**
	 * For how many milliseconds this process has stopped for its own garbage collection.
	 */
	static long collections() {
		return ManagementFactory.getGarbageCollectorMXBeans()
			.stream()
			.mapToLong(GarbageCollectorMXBean::getCollectionTime)
			.sum();
	}

	/**
	 * Loads a server, and in the end waits for the exchanges that have begun.
	 */
	static Result run(int port, Scenario scenario, Bound bound) throws IOException {
		try (Selector selector = Selector.open()) {
			Load load = new Load(selector, bound);
			List<Client> clients = new ArrayList<>();
			for (int i = 0; i < scenario.clients(); i++) {
				clients.add(load.new Client(i, port));
			}
			load.run(clients);
			return new Result(load.latencies, load.inTime, load.failures);
		}
	}

	private void run(List<Client> clients) throws IOException {
		this.active = clients.size();
		clients.forEach(Client::begin);
		long tick = System.nanoTime();
		while (this.active > 0) {
			this.selector.select(Load::proceed, TICK.toMillis());
			long now = System.nanoTime();
			if (now - tick > TICK.toNanos()) {
				tick = now;
				clients.forEach((client) -> client.tick(now));
			}
		}
	}

	private static void proceed(SelectionKey key) {
		if (key.attachment() instanceof Client client) {
			client.proceed(key);
		}
	}

	/** From a microsecond to a minute, three digits. */
	static Histogram newHistogram() {
		return new Histogram(TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(1), 3);
	}

	/**
	 * One of the loopback's addresses: on each the kernel has all its ports for new
	 * connections, and one alone would run short of them.
	 */
	static InetSocketAddress address(int port, int index) throws UnknownHostException {
		byte[] address = { 127, 0, 0, (byte) (1 + index % ADDRESSES) };
		return new InetSocketAddress(InetAddress.getByAddress(address), port);
	}

	private final class Client {

		private final InetSocketAddress address;

		private final ByteBuffer message;

		private final ByteBuffer reply;

		private @Nullable SocketChannel channel;

		private long start;

		private boolean finished;

		Client(int index, int port) throws UnknownHostException {
			this.address = address(port, index);
			this.message = ByteBuffer.allocateDirect(Scenario.MESSAGE_SIZE);
			while (this.message.hasRemaining()) {
				// Not what the others send: a reply to one of them would be wrong.
				this.message.put((byte) (index + this.message.position()));
			}
			// One more, to see what is too long.
			this.reply = ByteBuffer.allocateDirect(Scenario.MESSAGE_SIZE + 1);
		}

		/** Begins an exchange, unless it is time to stop. */
		private void begin() {
			this.channel = null;
			if (System.nanoTime() >= Load.this.end || Load.this.exchangesLeft-- <= 0) {
				this.finished = true;
				Load.this.active--;
				return;
			}
			this.message.clear();
			this.reply.clear();
			try {
				SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
				this.channel = channel;
				channel.configureBlocking(false);
				this.start = System.nanoTime();
				channel.connect(this.address);
				// On the loopback that is enough, where the server's queue has room.
				send(channel);
				channel.register(Load.this.selector, interest(channel), this);
			}
			catch (IOException ex) {
				fail(failure(ex));
			}
		}

		private void send(SocketChannel channel) throws IOException {
			if (channel.finishConnect() && this.message.hasRemaining()) {
				channel.write(this.message);
			}
		}

		private int interest(SocketChannel channel) {
			if (!channel.isConnected()) {
				return SelectionKey.OP_CONNECT;
			}
			return this.message.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
		}

		private void proceed(SelectionKey key) {
			SocketChannel channel = (SocketChannel) key.channel();
			try {
				send(channel);
				int count = 1;
				while (count > 0 && channel.isConnected() && this.reply.hasRemaining()) {
					count = channel.read(this.reply);
				}
				if (count < 0 || !this.reply.hasRemaining()) {
					end(System.nanoTime());
				}
				else {
					key.interestOps(interest(channel));
				}
			}
			catch (IOException ex) {
				fail(failure(ex));
			}
		}

		private void end(long now) {
			Failure failure = Failure.of(this.message.clear(), this.reply.flip());
			if (failure != null) {
				fail(failure);
				return;
			}
			Load.this.latencies.recordValue(now - this.start);
			Load.this.inTime += (now < Load.this.end) ? 1 : 0;
			close();
			begin();
		}

		private void fail(Failure failure) {
			Load.this.failures.merge(failure, 1L, Long::sum);
			close();
		}

		/** Ends what takes too long, and begins again after a failure. */
		private void tick(long now) {
			if (this.channel == null && !this.finished) {
				begin();
			}
			else if (this.channel != null && now - this.start > BOUND.toNanos()) {
				fail(Failure.TIMEOUT);
			}
		}

		private void close() {
			try {
				if (this.channel != null) {
					this.channel.close();
				}
				this.channel = null;
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		private static Failure failure(IOException ex) {
			if (ex instanceof BindException) {
				throw new UncheckedIOException("The kernel has no port left for a connection", ex);
			}
			return (ex instanceof ConnectException) ? Failure.REFUSED : Failure.RESET;
		}

	}

}
