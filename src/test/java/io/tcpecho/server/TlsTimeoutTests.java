package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Clients of TLS that do not go on.
 */
@Tag("tls")
class TlsTimeoutTests {

	@TempDir
	private Path directory;

	private SSLContext trusting;

	private TestService service;

	@BeforeEach
	void start() throws Exception {
		Certificates certificates = new Certificates(this.directory).sign("server");
		this.trusting = certificates.client();
		this.service = TestService.start(certificates.bundle("server", "echo.read-timeout=1s"));
	}

	@AfterEach
	void stop() {
		this.service.close();
	}

	@Test
	void silenceIsATimeout() throws Exception {
		try (TestClient client = this.service.connect()) {
			assertThat(client.readAll()).isEmpty();
		}
		await().until(() -> this.service.ended(Outcome.TIMEOUT) == 1);
	}

	@Test
	void aHandshakeThatStallsIsATimeout() throws Exception {
		byte[] hello = TlsClientHello.bytes();
		try (TestClient client = this.service.connect()) {
			assertThat(client.write(Arrays.copyOf(hello, hello.length / 2)).readAll()).isEmpty();
		}
		await().until(() -> this.service.ended(Outcome.TIMEOUT) == 1);
	}

	@Test
	void silenceAfterAWholeHandshakeIsATimeout() throws Exception {
		// The first may take longer than the timeout: nothing is loaded yet.
		await().ignoreException(IOException.class).untilAsserted(() -> {
			long before = this.service.ended(Outcome.TIMEOUT);
			try (SSLSocket client = Certificates.connect(this.service.port(), this.trusting)) {
				client.startHandshake();
				assertThat(client.getInputStream().read()).isNegative();
			}
			await().until(() -> this.service.ended(Outcome.TIMEOUT) == before + 1);
		});
	}

}
