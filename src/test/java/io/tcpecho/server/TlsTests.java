package io.tcpecho.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.TestClient;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What a client of TLS gets, and how each handshake that is none ends.
 */
@Tag("tls")
@ExtendWith(OutputCaptureExtension.class)
class TlsTests {

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	private static TestService service;

	private Map<Outcome, Long> before;

	@BeforeAll
	static void start() throws Exception {
		certificates = new Certificates(directory).sign("server").sign("client");
		service = TestService.start(certificates.bundle("server", "echo.ssl.client-auth=want",
				"spring.ssl.bundle.pem.echo.truststore.certificate=file:" + certificates.ca(), "echo.reply=identity",
				"echo.max-message-size=50B"));
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@BeforeEach
	void count() {
		this.before = service.factory().books.endedByOutcome();
	}

	@AfterEach
	void theBooksBalanceAndNothingIsAFaultOfOurs(CapturedOutput output) {
		service.assertNothingAmiss(output);
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void aMessageIsAnsweredAndTheServiceSaysWhatItHasSeen(String protocol) throws Exception {
		long handshakes = handshakes();
		SSLSocket client = client(certificates.client("client"));
		SSLParameters parameters = client.getSSLParameters();
		parameters.setProtocols(new String[] { protocol });
		parameters.setApplicationProtocols(new String[] { "made-up", "h2" });
		parameters.setServerNames(List.of(new SNIHostName("any.example")));
		client.setSSLParameters(parameters);
		JsonNode reply = exchange(client, "hello");
		assertThat(reply.at("/received").asInt()).isEqualTo(5);
		JsonNode tls = reply.at("/tls");
		assertThat(tls.at("/protocol").asString()).isEqualTo(protocol);
		assertThat(tls.at("/cipherSuite").asString()).startsWith("TLS_");
		assertThat(tls.at("/serverName").asString()).isEqualTo("any.example");
		assertThat(tls.at("/applicationProtocol").asString()).isEqualTo("made-up");
		assertThat(tls.at("/clientCertificate/subject").asString()).isEqualTo("CN=client,O=Test");
		assertThat(tls.at("/clientCertificate/issuer").asString()).isEqualTo("CN=Authority");
		assertThat(client.getApplicationProtocol()).isEqualTo("made-up");
		assertThat(handshakes()).isEqualTo(handshakes + 1);
		assertEnded(Outcome.ECHOED);
	}

	@Test
	void whatAClientDoesNotTellIsLeftOut() throws Exception {
		SSLSocket client = (SSLSocket) certificates.client()
			.getSocketFactory()
			.createSocket(InetAddress.getLoopbackAddress(), service.port());
		JsonNode tls = exchange(client, "hello").at("/tls");
		assertThat(tls.propertyNames()).containsExactly("protocol", "cipherSuite");
	}

	@Test
	void aLongNameIsCutAndSaysSo() throws Exception {
		SSLSocket client = client(certificates.client());
		SSLParameters parameters = client.getSSLParameters();
		parameters.setServerNames(List.of(new SNIHostName(("x".repeat(59) + ".").repeat(4) + "example")));
		parameters.setApplicationProtocols(new String[] { "\0".repeat(255) });
		client.setSSLParameters(parameters);
		byte[] reply = Certificates.exchange(client, "hello");
		JsonNode tls = JsonMapper.shared().readTree(reply).at("/tls");
		assertThat(tls.at("/serverName").asString()).hasSize(201).endsWith("…");
		assertThat(tls.at("/applicationProtocol").asString()).hasSize(201).endsWith("…");
		assertThat(reply).hasSizeLessThan(8 * 1024);
	}

	@Test
	void whatComesBeyondTheOneReadCostsNoReply() throws Exception {
		try (SSLSocket client = client(certificates.client())) {
			client.getOutputStream().write(new byte[40_000]);
			client.getOutputStream().write(new byte[10]);
			assertThat(JsonMapper.shared().readTree(client.getInputStream().readAllBytes()).at("/received").asInt())
				.isEqualTo(50);
		}
		assertEnded(Outcome.ECHOED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void aClientMayCloseItsHalfAfterTheMessage(String protocol) throws Exception {
		try (SSLSocket client = client(certificates.client())) {
			client.setEnabledProtocols(new String[] { protocol });
			client.getOutputStream().write('x');
			client.shutdownOutput();
			assertThat(JsonMapper.shared().readTree(client.getInputStream().readAllBytes()).at("/received").asInt())
				.isEqualTo(1);
		}
		assertEnded(Outcome.ECHOED);
	}

	@Test
	void theEndBeforeAnyByteIsEmpty() throws Exception {
		try (TestClient client = service.connect()) {
			assertThat(client.halfClose().readAll()).isEmpty();
		}
		assertEnded(Outcome.EMPTY);
	}

	@Test
	void aResetBeforeAnyByteIsEmpty() throws Exception {
		service.connect().reset();
		assertEnded(Outcome.EMPTY);
	}

	@Test
	void theEndAfterAWholeHandshakeIsEmpty() throws Exception {
		SSLSocket client = client(certificates.client());
		client.startHandshake();
		client.close();
		assertEnded(Outcome.EMPTY);
	}

	@Test
	void aResetAfterAWholeHandshakeIsEmpty() throws Exception {
		Socket plain = EchoProcess.connect(service.port());
		SSLSocket client = Certificates.over(plain, certificates.client());
		// Where the server has ended the handshake when the client has; a reset that
		// overtakes the end of the handshake is one within it.
		client.setEnabledProtocols(new String[] { "TLSv1.2" });
		client.startHandshake();
		plain.setSoLinger(true, 0);
		plain.close();
		assertEnded(Outcome.EMPTY);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hello", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "x" })
	void plainTextIsMalformedAndItsClientGetsAnAlert(String text) throws Exception {
		try (TestClient client = service.connect()) {
			assertAlert(client.write(text).halfClose().readAll());
		}
		assertEnded(Outcome.MALFORMED);
	}

	@Test
	void noResetOvertakesTheAlertOfWhoSendsMore() throws Exception {
		for (int i = 0; i < 20; i++) {
			try (TestClient client = service.connect()) {
				client.write("x".repeat(30_000));
				client.pause();
				assertAlert(client.write("x".repeat(10_000)).readAll());
			}
		}
		assertThat(service.ended(Outcome.MALFORMED)).isGreaterThanOrEqualTo(20);
	}

	@Test
	void aClientThatCancelsItsHandshakeIsMalformed() throws Exception {
		long handshakes = handshakes();
		try (TestClient client = service.connect()) {
			// Alerts user_canceled and close_notify: RFC 8446, 6.1.
			client.write(new byte[] { 0x15, 3, 3, 0, 2, 1, 90, 0x15, 3, 3, 0, 2, 1, 0 }).halfClose().readAll();
		}
		assertEnded(Outcome.MALFORMED);
		assertThat(handshakes()).isEqualTo(handshakes);
	}

	@Test
	void aClientThatDoesNotTrustUsIsMalformed() throws Exception {
		SSLSocket client = client(SSLContext.getDefault());
		assertThatExceptionOfType(SSLException.class).isThrownBy(client::startHandshake);
		assertEnded(Outcome.MALFORMED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "my_service", "one.example." })
	void aClientThatAsksForANameThatNoHostCanHaveIsMalformedAndGetsAnAlert(String name) throws Exception {
		SSLSocket client = client(certificates.client());
		SSLParameters parameters = client.getSSLParameters();
		// As other clients send it: SNIHostName would refuse it here, too.
		parameters.setServerNames(
				List.of(new SNIServerName(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII)) {
				}));
		client.setSSLParameters(parameters);
		assertThatExceptionOfType(SSLException.class).isThrownBy(client::startHandshake).withMessageContaining("alert");
		assertEnded(Outcome.MALFORMED);
	}

	@Test
	void aClientWithoutACipherOfOursIsMalformedAndLearnsIt() throws Exception {
		SSLSocket client = client(certificates.client());
		client.setEnabledProtocols(new String[] { "TLSv1.2" });
		// For certificates with another kind of key.
		client.setEnabledCipherSuites(new String[] { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" });
		assertThatExceptionOfType(SSLException.class).isThrownBy(client::startHandshake)
			.withMessageContaining("handshake_failure");
		assertEnded(Outcome.MALFORMED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void aClientWhoseCertificateIsNotTrustedIsMalformedAndLearnsIt(String protocol, @TempDir Path others)
			throws Exception {
		Certificates strangers = new Certificates(others).sign("stranger");
		SSLSocket client = client(strangers.client(certificates, "stranger"));
		client.setEnabledProtocols(new String[] { protocol });
		assertThatExceptionOfType(SSLException.class).isThrownBy(() -> exchange(client, "hello"))
			.withMessageContaining("certificate_unknown");
		assertEnded(Outcome.MALFORMED);
	}

	private static long handshakes() {
		return service.meters().get("echo.handshake.duration").timer().count();
	}

	private static void assertAlert(byte[] bytes) {
		// A record of type alert, and a level of fatal: RFC 8446, 5.1 and 6.
		assertThat(bytes).hasSize(7).startsWith(0x15, 0x03).contains(0x02, Index.atIndex(5));
	}

	private void assertEnded(Outcome outcome) {
		this.before.merge(outcome, 1L, Long::sum);
		await().untilAsserted(() -> assertThat(service.factory().books.endedByOutcome()).isEqualTo(this.before));
	}

	private static SSLSocket client(SSLContext context) throws IOException {
		return Certificates.connect(service.port(), context);
	}

	private static JsonNode exchange(SSLSocket client, String message) throws IOException {
		return JsonMapper.shared().readTree(Certificates.exchange(client, message));
	}

}
