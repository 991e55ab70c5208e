package io.tcpecho.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.ip.tcp.serializer.AbstractByteArraySerializer;
import org.springframework.integration.ip.tcp.serializer.TcpCodecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Framing, by the library's own codecs: on the plain port, and where a PROXY header and
 * TLS come first.
 */
@ExtendWith(OutputCaptureExtension.class)
class CodecTests {

	private static final int LONGEST = 1024;

	@TempDir
	private static Path directory;

	private static SSLContext trusting;

	private static TestService plain;

	private static TestService both;

	@BeforeAll
	static void start() throws Exception {
		Certificates certificates = new Certificates(directory).sign("server");
		trusting = certificates.client();
		plain = TestService.start("echo.read-timeout=2s");
		both = TestService.start(certificates.bundle("server", "echo.proxy-protocol=required", "echo.read-timeout=2s"));
	}

	@AfterAll
	static void stop() {
		plain.close();
		both.close();
	}

	@AfterEach
	void nothingIsAFaultOfOurs(CapturedOutput output) {
		Logged.assertNothingAmiss(output);
	}

	/** How a client gets there. */
	enum Way {

		PLAIN {
			@Override
			TestService service() {
				return plain;
			}

			@Override
			TestClient connect() throws IOException {
				return plain.connect();
			}
		},
		PROXY_AND_TLS {
			@Override
			TestService service() {
				return both;
			}

			@Override
			TestClient connect() throws IOException {
				Socket socket = new Socket(InetAddress.getLoopbackAddress(), both.port());
				socket.setTcpNoDelay(true);
				socket.getOutputStream().write(ProxyHeaders.version1("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443"));
				SSLSocket client = Certificates.over(socket, trusting);
				client.startHandshake();
				return new TestClient(client);
			}
		};

		abstract TestService service();

		abstract TestClient connect() throws IOException;

	}

	/** A codec, a message of it, and one that is too long. */
	record Codec(AbstractByteArraySerializer serializer, String message, String tooLong) {

		private static final Codec LF = new Codec(TcpCodecs.lf(LONGEST), "hello\n", "x".repeat(LONGEST + 1));

		private static final Codec CRLF = new Codec(TcpCodecs.crlf(LONGEST), "hel\nlo\r\n", "x".repeat(LONGEST + 1));

		private static final Codec LENGTH_HEADER_2 = new Codec(TcpCodecs.lengthHeader2(LONGEST), "\0\5hello", "\4\1");

		private static final Codec LENGTH_HEADER_4 = new Codec(TcpCodecs.lengthHeader4(LONGEST), "\0\0\0\5hello",
				"\u007f\0\0\0");

	}

	static Stream<Arguments> ways() {
		return Stream.of(Codec.LF, Codec.CRLF, Codec.LENGTH_HEADER_2, Codec.LENGTH_HEADER_4)
			.flatMap((codec) -> Arrays.stream(Way.values()).map((way) -> Arguments.of(codec, way)));
	}

	@ParameterizedTest
	@MethodSource("ways")
	void aWholeMessageIsEchoedAndNoneThatFollows(Codec codec, Way way) throws IOException {
		assertEnded(codec, way, Outcome.ECHOED, (client) -> {
			assertThat(client.write(codec.message + codec.message).readText()).isEqualTo(codec.message);
		});
	}

	@ParameterizedTest
	@MethodSource("ways")
	void oneThatComesByteByByteIsEchoed(Codec codec, Way way) throws IOException {
		assertEnded(codec, way, Outcome.ECHOED, (client) -> {
			for (char each : codec.message.toCharArray()) {
				client.write(String.valueOf(each)).pause();
			}
			assertThat(client.readText()).isEqualTo(codec.message);
		});
	}

	@ParameterizedTest
	@MethodSource("ways")
	void oneThatEndsInTheMiddleIsMalformed(Codec codec, Way way) throws IOException {
		assertEnded(codec, way, Outcome.MALFORMED, (client) -> {
			client.write(codec.message.substring(0, codec.message.length() - 1)).halfClose();
			assertThat(client.readAll()).isEmpty();
		});
	}

	@ParameterizedTest
	@MethodSource("ways")
	void oneThatIsTooLongIsMalformed(Codec codec, Way way) throws IOException {
		assertEnded(codec, way, Outcome.MALFORMED, (client) -> {
			client.write(codec.tooLong);
			HandlerTests.isReset(client);
		});
	}

	@ParameterizedTest
	@MethodSource("ways")
	void noneAtAllIsEmpty(Codec codec, Way way) throws IOException {
		assertEnded(codec, way, Outcome.EMPTY, (client) -> assertThat(client.halfClose().readAll()).isEmpty());
	}

	@Test
	void aResetInTheMiddleIsEmpty() throws IOException {
		assertEnded(Codec.LF, Way.PLAIN, Outcome.EMPTY, (client) -> client.write("hel").reset());
	}

	@Test
	void theReadTimeoutIsForTheWholeMessage() throws IOException {
		assertEnded(Codec.LF, Way.PLAIN, Outcome.TIMEOUT, (client) -> {
			long ended = plain.ended();
			try {
				while (plain.ended() == ended) {
					client.write("x").pause();
				}
			}
			catch (IOException ex) {
				// It has been cut, and is not counted yet.
			}
		});
	}

	@Test
	void aLengthThatNobodyCanMeanIsNoFaultOfOurs() throws IOException {
		assertEnded(Codec.LENGTH_HEADER_4, Way.PLAIN, Outcome.MALFORMED,
				(client) -> client.write(new byte[] { -1, -1, -1, -1 }).readAll());
	}

	@Test
	void anEmptyLineIsAMessage() throws IOException {
		assertEnded(Codec.LF, Way.PLAIN, Outcome.ECHOED,
				(client) -> assertThat(client.write("\n").readText()).isEqualTo("\n"));
	}

	private interface Exchange {

		void with(TestClient client) throws IOException;

	}

	private static void assertEnded(Codec codec, Way way, Outcome outcome, Exchange exchange) throws IOException {
		way.service().factory().setDeserializer(codec.serializer);
		way.service().factory().setSerializer(codec.serializer);
		Map<Outcome, Long> expected = way.service().factory().books.endedByOutcome();
		expected.merge(outcome, 1L, Long::sum);
		try (TestClient client = way.connect()) {
			exchange.with(client);
		}
		await().untilAsserted(() -> assertThat(way.service().factory().books.endedByOutcome()).isEqualTo(expected));
	}

}
