package io.tcpecho.bench;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import io.tcpecho.bench.Scenario.Handshake;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop of clients with TLS, a thread for each: a handshake, an echo to the end
 * of the stream, close_notify, the close. A handshake that was to be resumed and is not,
 * or the other way round, has failed.
 */
final class TlsLoad {

	/** So that all servers compute the same. */
	private static final String[] CIPHER_SUITES = { "TLS_AES_128_GCM_SHA256" };

	private static final String[] PROTOCOLS = { "TLSv1.3" };

	private static final String[] GROUPS = { "x25519" };

	private final SSLSocketFactory sockets;

	private final AtomicLong strangers = new AtomicLong();

	/**
	 * When the session began that a client resumes. The first handshake of each, in the
	 * warm-up, is a full one.
	 */
	private final Map<String, Long> sessions = new ConcurrentHashMap<>();

	TlsLoad(SSLSocketFactory sockets) {
		this.sockets = sockets;
	}

	/**
	 * Loads a server, and in the end waits for the exchanges that have begun.
	 */
	Load.Result run(int port, Scenario scenario, Duration duration) throws InterruptedException {
		Histogram latencies = Load.newHistogram();
		AtomicLong inTime = new AtomicLong();
		Map<Failure, Long> failures = new EnumMap<>(Failure.class);
		long end = System.nanoTime() + duration.toNanos();
		List<Thread> clients = new ArrayList<>();
		for (int i = 0; i < scenario.clients(); i++) {
			int index = i;
			clients.add(Thread.ofPlatform().start(() -> {
				for (long start = System.nanoTime(); start < end; start = System.nanoTime()) {
					Failure failure = exchange(index, port, scenario.handshake());
					long now = System.nanoTime();
					synchronized (failures) {
						if (failure != null) {
							failures.merge(failure, 1L, Long::sum);
							continue;
						}
						latencies.recordValue(now - start);
						inTime.addAndGet((now < end) ? 1 : 0);
					}
				}
			}));
		}
		for (Thread client : clients) {
			client.join();
		}
		return new Load.Result(latencies, inTime.get(), failures);
	}

	private @Nullable Failure exchange(int index, int port, Handshake handshake) {
		// The JDK resumes a session by the peer's name and port.
		String peer = (handshake == Handshake.RESUMED) ? "client" + index
				: "stranger" + this.strangers.incrementAndGet();
		String client = port + "/" + peer;
		Long session = this.sessions.get(client);
		long start = System.currentTimeMillis();
		try (Socket plain = new Socket()) {
			plain.connect(Load.address(port, index), (int) Load.BOUND.toMillis());
			plain.setSoTimeout((int) Load.BOUND.toMillis());
			plain.setTcpNoDelay(true);
			try (SSLSocket socket = (SSLSocket) this.sockets.createSocket(plain, peer, port, true)) {
				SSLParameters parameters = new SSLParameters(CIPHER_SUITES, PROTOCOLS);
				parameters.setNamedGroups(GROUPS);
				socket.setSSLParameters(parameters);
				byte[] message = new byte[Scenario.MESSAGE_SIZE];
				message[0] = (byte) index;
				socket.getOutputStream().write(message);
				byte[] reply = socket.getInputStream().readAllBytes();
				long created = socket.getSession().getCreationTime();
				if (handshake == Handshake.RESUMED) {
					this.sessions.put(client, created);
				}
				if ((session != null) ? created != session : created < start) {
					return Failure.HANDSHAKE;
				}
				return Failure.of(ByteBuffer.wrap(message), ByteBuffer.wrap(reply));
			}
		}
		catch (IOException ex) {
			this.sessions.remove(client);
			return (ex instanceof SocketTimeoutException) ? Failure.TIMEOUT : Failure.RESET;
		}
	}

}
