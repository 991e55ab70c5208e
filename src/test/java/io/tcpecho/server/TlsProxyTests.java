package io.tcpecho.server;

import java.nio.file.Path;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A PROXY header before TLS.
 */
@Tag("tls")
class TlsProxyTests {

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	@BeforeAll
	static void sign() throws Exception {
		certificates = new Certificates(directory).sign("server");
	}

	@ParameterizedTest
	@EnumSource
	void aHandshakeFollowsAProxyHeaderAtAnyPace(ProxyPace pace) throws Exception {
		byte[] header = ProxyHeaders.version1("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443");
		try (TestService both = TestService.start(certificates.bundle("server", "echo.proxy-protocol=required"));
				TestClient client = both.connect()) {
			pace.send(client, header, TlsClientHello.bytes());
			// Content type handshake: RFC 8446, 5.1.
			assertThat(client.halfClose().readAll()).startsWith(22);
		}
	}

	@Test
	void whoSendsNoProxyHeaderIsNotLingeredFor() throws Exception {
		String[] settings = certificates.bundle("server", "echo.proxy-protocol=required", "echo.linger.timeout=1m");
		try (TestService both = TestService.start(settings); TestClient client = both.connect()) {
			client.write("hello");
			await().until(() -> both.ended(Outcome.MALFORMED) == 1);
			await().until(() -> both.factory().server().open().count() == 0);
		}
	}

}
