package io.tcpecho.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What comes instead of a handshake, and handshakes that take their time.
 */
@Tag("tls")
@ExtendWith(OutputCaptureExtension.class)
class TlsAbuseTests {

	@TempDir
	private static Path directory;

	private static SSLContext trusting;

	private static TestService service;

	@BeforeAll
	static void start() throws Exception {
		Certificates certificates = new Certificates(directory).sign("server");
		trusting = certificates.client();
		service = TestService.start(certificates.bundle("server", "echo.read-timeout=10s"));
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@AfterEach
	void theBooksBalanceAndNothingIsLogged(CapturedOutput output) {
		service.assertNothingAmiss(output);
	}

	static Stream<Arguments> malformed() throws Exception {
		byte[] hello = TlsClientHello.bytes();
		Random random = new Random(23000);
		byte[] noise = new byte[64 * 1024];
		random.nextBytes(noise);
		byte[] empty = new byte[64 * 1024];
		// Records of a handshake in which there is nothing: RFC 8446, 5.1.
		IntStream.range(0, empty.length / 5 * 5)
			.forEach((i) -> empty[i] = new byte[] { 0x16, 0x03, 0x03, 0, 0 }[i % 5]);
		return Stream.of(
				Arguments.of("every truncation",
						IntStream.range(1, hello.length).mapToObj((length) -> Arrays.copyOf(hello, length)).toList()),
				Arguments.of("200 mutations",
						IntStream.range(0, 200).mapToObj((_) -> mutation(hello.clone(), random)).toList()),
				Arguments.of("random bytes",
						IntStream.range(0, 50).mapToObj((i) -> Arrays.copyOf(noise, 1 + i * i)).toList()),
				Arguments.of("much", List.of(noise, empty, ProxyHeaders.concat(hello, noise))), Arguments.of("HTTP",
						List.of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII))));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("malformed")
	void whatIsNoHandshakeIsMalformed(String name, List<byte[]> inputs) throws IOException {
		long before = service.ended(Outcome.MALFORMED);
		for (byte[] input : inputs) {
			try (TestClient client = service.connect()) {
				client.write(input).halfClose().readAll();
			}
			catch (IOException ex) {
				// It sends more than the bounds of the linger.
				assertThat(input).hasSizeGreaterThan(60_000);
			}
		}
		await().until(() -> service.ended(Outcome.MALFORMED) == before + inputs.size());
	}

	@Test
	void handshakesThatStallHoldUpNobody() throws Exception {
		byte[] hello = TlsClientHello.bytes();
		List<TestClient> stalled = service.connect(1_000);
		for (TestClient client : stalled) {
			client.write(Arrays.copyOf(hello, hello.length / 2));
		}
		long before = service.ended(Outcome.ECHOED);
		List<Future<?>> good = new ArrayList<>();
		try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
			for (int i = 0; i < 64; i++) {
				good.add(executor.submit(TlsAbuseTests::echo));
			}
		}
		for (Future<?> one : good) {
			one.get();
		}
		assertThat(service.ended(Outcome.ECHOED)).isEqualTo(before + 64);
		for (TestClient client : stalled) {
			client.close();
		}
	}

	private static Void echo() throws IOException {
		assertThat(Certificates.exchange(Certificates.connect(service.port(), trusting), "x")).containsExactly('x');
		return null;
	}

	private static byte[] mutation(byte[] hello, Random random) {
		for (int i = 0; i < 1 + random.nextInt(4); i++) {
			hello[random.nextInt(hello.length)] = (byte) random.nextInt();
		}
		return hello;
	}

}
