package io.tcpecho.server;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Who waits holds no message, however long it may be.
 */
class MemoryTests {

	private static final int CLIENTS = 300;

	@TempDir
	private Path directory;

	@ParameterizedTest
	@EnumSource
	void howLongAMessageMayBeCostsNobodyWhoWaits(Waiting waiting) throws Exception {
		Certificates certificates = waiting.tls ? new Certificates(this.directory).sign("server") : null;
		// Twice: the first one loads what all need.
		perClient(waiting, certificates, "16KB");
		long least = perClient(waiting, certificates, "100B");
		assertThat(perClient(waiting, certificates, "16KB") - least).isLessThan(4_000);
	}

	/** In bytes of heap, on both sides. */
	private static long perClient(Waiting waiting, Certificates certificates, String most) throws Exception {
		List<String> settings = new ArrayList<>(List.of("echo.max-message-size=" + most, "echo.read-timeout=1h",
				"echo.linger.timeout=1h", "echo.drain-timeout=0s"));
		settings.add(waiting.setting);
		if (certificates != null) {
			settings.addAll(List.of(certificates.bundle("server")));
		}
		SSLContext trusting = (certificates == null) ? null : certificates.client();
		List<Socket> clients = new ArrayList<>();
		try (TestService service = TestService.start(settings.toArray(String[]::new))) {
			long before = usedHeap();
			for (int i = 0; i < CLIENTS; i++) {
				Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
				clients.add((trusting == null) ? socket : Certificates.over(socket, trusting));
				waiting.begin(clients.getLast());
			}
			String gauge = "echo.connections." + ((waiting == Waiting.TO_CLOSE) ? "lingering" : "active");
			await().until(() -> service.gauge(gauge) == CLIENTS);
			return (usedHeap() - before) / CLIENTS;
		}
		finally {
			for (Socket client : clients) {
				client.close();
			}
		}
	}

	/** Once what the tests before have left behind is gone. */
	private static long usedHeap() {
		AtomicLong used = new AtomicLong();
		await().until(() -> {
			System.gc();
			long now = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
			return Math.abs(now - used.getAndSet(now)) < 50_000;
		});
		return used.get();
	}

	/** What a client has done that sends nothing more. */
	enum Waiting {

		PLAIN(false, "echo.proxy-protocol=off") {
			@Override
			void begin(Socket client) {
			}
		},
		AFTER_A_PROXY_HEADER(false, "echo.proxy-protocol=required") {
			@Override
			void begin(Socket client) throws IOException {
				client.getOutputStream().write("PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII));
			}
		},
		AFTER_A_HANDSHAKE(true, "echo.proxy-protocol=off") {
			@Override
			void begin(Socket client) throws IOException {
				((SSLSocket) client).startHandshake();
			}
		},
		TO_CLOSE(false, "echo.proxy-protocol=off") {
			@Override
			void begin(Socket client) throws IOException {
				client.getOutputStream().write(new byte[16 * 1024]);
				assertThat(client.getInputStream().readAllBytes()).isNotEmpty();
			}
		};

		private final boolean tls;

		private final String setting;

		Waiting(boolean tls, String setting) {
			this.tls = tls;
			this.setting = setting;
		}

		abstract void begin(Socket client) throws IOException;

	}

}
