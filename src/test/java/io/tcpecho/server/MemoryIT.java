package io.tcpecho.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Who waits holds no message, however long it may be: so many clients in so small a heap
 * that a buffer for each would be more than there is.
 */
class MemoryIT {

	private static final List<String> SMALL_HEAP = List.of("-Xmx36m");

	@Tag("echo")
	@ParameterizedTest
	@ValueSource(strings = { "", "PROXY UNKNOWN\r\n" })
	void manySilentClientsOfLongMessagesFitASmallHeap(String header) throws Exception {
		try (EchoProcess echo = start("--echo.proxy-protocol=" + (header.isEmpty() ? "off" : "required"))) {
			for (Socket client : echo.connect(echo.port(), 1_500)) {
				EchoProcess.send(client, header);
			}
			assertServes(echo, 1_500, "echo_connections_active");
			assertThat(echo.echo(header + "x".repeat(16_384))).hasSize(16_384);
		}
	}

	@Tag("echo")
	@Test
	void soDoThoseWhoHaveTheirReplyAndDoNotClose() throws Exception {
		try (EchoProcess echo = start("--echo.linger.timeout=1h")) {
			for (Socket client : echo.connect(echo.port(), 1_500)) {
				assertThat(EchoProcess.exchange(client, "x".repeat(16_384))).hasSize(16_384);
			}
			assertServes(echo, 1_500, "echo_connections_lingering");
		}
	}

	@Test
	void soDoThoseWhoAreSilentAfterAHandshake(@TempDir Path directory) throws Exception {
		Certificates certificates = new Certificates(directory).sign("server");
		SSLContext trusting = certificates.client();
		List<SSLSocket> clients = new ArrayList<>();
		try (EchoProcess echo = start(
				Arrays.stream(certificates.bundle("server")).map("--"::concat).toArray(String[]::new))) {
			for (int i = 0; i < 600; i++) {
				clients.add(Certificates.connect(echo.port(), trusting));
				clients.getLast().startHandshake();
			}
			assertServes(echo, clients.size(), "echo_connections_active");
		}
		finally {
			for (SSLSocket client : clients) {
				client.close();
			}
		}
	}

	private static EchoProcess start(String... settings) throws IOException {
		List<String> all = new ArrayList<>(
				List.of("--echo.max-message-size=16KB", "--echo.read-timeout=1h", "--echo.drain-timeout=0s"));
		all.addAll(Arrays.asList(settings));
		return EchoProcess.startWith(SMALL_HEAP, all.toArray(String[]::new));
	}

	private static void assertServes(EchoProcess echo, int clients, String gauge) {
		await().untilAsserted(() -> assertThat(echo.metric(gauge)).isEqualTo(clients));
		assertThat(echo.output("OutOfMemoryError")).isEmpty();
	}

}
