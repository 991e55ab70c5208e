package io.tcpecho.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.tcpecho.settings.EchoProperties;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.messaging.support.GenericMessage;

import static io.tcpecho.server.ProxyHeaders.addresses;
import static io.tcpecho.server.ProxyHeaders.concat;
import static io.tcpecho.server.ProxyHeaders.tlv;
import static io.tcpecho.server.ProxyHeaders.version1;
import static io.tcpecho.server.ProxyHeaders.version2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * The PROXY protocol: what a header tells, how it may come, and what is none.
 */
@ExtendWith(OutputCaptureExtension.class)
class ProxyProtocolTests {

	private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

	private static final byte[] IPV4 = addresses("192.0.2.1", 1234, "192.0.2.2", 443);

	private static final byte[] IPV6 = addresses("2001:db8::1", 65535, "2001:db8::2", 0);

	private static final byte[] VALID_1 = version1("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443");

	private static final byte[] VALID_2 = version2(0x21, 0x11, IPV4, tlv(4));

	private static TestService service;

	@BeforeAll
	static void start() {
		service = TestService.start("echo.proxy-protocol=required", "echo.reply=identity", "echo.read-timeout=5s");
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@AfterEach
	void theBooksBalanceAndNothingIsAFaultOfOurs(CapturedOutput output) {
		service.assertNothingAmiss(output);
	}

	static Stream<Arguments> valid() {
		String ipv4 = "192.0.2.1:1234 192.0.2.2:443";
		String ipv6 = "2001:db8::1:65535 2001:db8::2:0";
		return Stream.of(Arguments.of("version 1, IPv4", VALID_1, ipv4),
				Arguments.of("version 1, IPv6", version1("PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 65535 0"), ipv6),
				Arguments.of("version 1, IPv4 mapped to IPv6",
						version1("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1234 443"), ipv4),
				Arguments.of("version 1, one of each family, as nginx writes it",
						version1("PROXY TCP6 192.0.2.1 2001:db8::2 1234 443"), "192.0.2.1:1234 2001:db8::2:443"),
				Arguments.of("version 1, unknown", version1("PROXY UNKNOWN"), ""),
				Arguments.of("version 1, unknown with addresses",
						version1("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"), ""),
				Arguments.of("version 1, as long as can be", version1("PROXY UNKNOWN " + "x".repeat(91)), ""),
				Arguments.of("version 2, IPv4", version2(0x21, 0x11, IPV4), ipv4),
				Arguments.of("version 2, IPv6", version2(0x21, 0x21, IPV6), ipv6),
				Arguments.of("version 2, IPv4 of UDP", version2(0x21, 0x12, IPV4), ipv4),
				Arguments.of("version 2, TLVs", version2(0x21, 0x21, IPV6, tlv(0), tlv(300)), ipv6),
				Arguments.of("version 2, as long as can be", version2(0x21, 0x11, IPV4, tlv(4096 - 16 - 12 - 3)), ipv4),
				Arguments.of("version 2, a Unix socket", version2(0x21, 0x31, new byte[216]), ""),
				Arguments.of("version 2, unspecified", version2(0x21, 0x00), ""),
				Arguments.of("version 2, a stream of unspecified family", version2(0x21, 0x01), ""),
				Arguments.of("version 2, local", version2(0x20, 0x00), ""),
				Arguments.of("version 2, local of any family", version2(0x20, 0xFF, tlv(5)), ""));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("valid")
	void aHeaderTellsTheSourceHoweverItComes(String name, byte[] header, String told) throws IOException {
		for (ProxyPace pace : ProxyPace.values()) {
			try (TestClient client = service.connect()) {
				pace.send(client, header, HELLO);
				JsonNode reply = JsonMapper.shared().readTree(client.readAll());
				assertThat(endpoint(reply.at("/peer"))).isEqualTo("127.0.0.1:" + client.localAddress().getPort());
				assertThat(told(reply)).as(pace.name()).isEqualTo(told);
				assertThat(reply.at("/received").asInt()).as(pace.name()).isEqualTo(HELLO.length);
			}
		}
	}

	static Stream<Arguments> malformed() {
		return Stream.concat(
				Stream.of("hello", "\0", "GET / HTTP/1.1\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1234 443\r\n",
						"PROXY  TCP4 192.0.2.1 192.0.2.2 1234 443\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\n",
						"PROXY TCP4 192.0.2.1 192.0.2.2 1234\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443 \r\n",
						"PROXY TCP4 192.0.2.1 192.0.2.2 1234 65536\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 01234 443\r\n",
						"PROXY TCP4 192.0.2.1 192.0.2.2 -1 443\r\n", "PROXY TCP4 192.0.2 192.0.2.2 1234 443\r\n",
						"PROXY TCP4 192.0.2.01 192.0.2.2 1234 443\r\n", "PROXY TCP4 192.0.2.256 192.0.2.2 1234 443\r\n",
						"PROXY TCP4 2001:db8::1 192.0.2.2 1234 443\r\n", "PROXY TCP4 192.0.2.1 ::1 1234 443\r\n",
						"PROXY TCP6 1:2:3 ::1 1234 443\r\n", "PROXY TCP6 ::1%lo ::1 1234 443\r\n",
						"PROXY TCP6 [::1] ::1 1234 443\r\n", "PROXY TCP4 localhost 192.0.2.2 1234 443\r\n",
						"PROXY UDP4 192.0.2.1 192.0.2.2 1234 443\r\n", "PROXY UNKNOWNS\r\n", "PROXY\r\n",
						"PROXY UNKNOWN " + "x".repeat(92) + "\r\n", "\r\n\r\nhello", "\r\n\r\n\0\r\nQUIX")
					.map((text) -> Arguments.of(text.strip(), text.getBytes(StandardCharsets.ISO_8859_1))),
				Stream.of(Arguments.of("version 3", version2(0x31, 0x11, IPV4)),
						Arguments.of("command 2", version2(0x22, 0x11, IPV4)),
						Arguments.of("family 4", version2(0x21, 0x41, new byte[216])),
						Arguments.of("transport 3", version2(0x21, 0x13, IPV4)),
						Arguments.of("IPv4 of no transport", version2(0x21, 0x10, IPV4)),
						Arguments.of("too short for IPv4", version2(0x21, 0x11, new byte[11])),
						Arguments.of("too short for IPv6", version2(0x21, 0x21, new byte[35])),
						Arguments.of("too short for a Unix socket", version2(0x21, 0x31, new byte[215])),
						Arguments.of("longer than 4 KB", version2(0x21, 0x11, IPV4, tlv(4096 - 16 - 12 - 2)))));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("malformed")
	void whatIsNoHeaderIsMalformedAtOnce(String name, byte[] header) throws Exception {
		for (ProxyPace pace : ProxyPace.values()) {
			long before = service.ended(Outcome.MALFORMED);
			try (TestClient client = service.connect()) {
				pace.send(client, header, HELLO);
				assertThat(reply(client)).as(pace.name()).isEmpty();
			}
			catch (IOException ex) {
				// Its last bytes came after the end of the connection.
				assertThat(pace).isNotEqualTo(ProxyPace.TOGETHER);
			}
			await().until(() -> service.ended(Outcome.MALFORMED) == before + 1);
		}
	}

	@Test
	void aLongMessageBehindAHeaderIsWhole() throws IOException {
		byte[] message = "x".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
		try (TestService large = TestService.start("echo.proxy-protocol=required", "echo.max-message-size=16KB");
				TestClient client = large.connect()) {
			assertThat(client.write(concat(VALID_2, message)).readAll()).isEqualTo(message);
		}
	}

	@Test
	void everyTruncationIsMalformedAndNoneAtAllIsEmpty() throws IOException {
		for (byte[] header : new byte[][] { VALID_1, VALID_2 }) {
			Map<Outcome, Long> before = ended();
			for (int length = 0; length < header.length; length++) {
				try (TestClient client = service.connect()) {
					assertThat(reply(client.write(Arrays.copyOf(header, length)).halfClose())).isEmpty();
				}
			}
			assertThat(endedSince(before)).isEqualTo(Map.of(Outcome.MALFORMED, header.length - 1L, Outcome.EMPTY, 1L));
		}
	}

	@Test
	void aWholeHeaderAndNoMessageIsEmpty() throws IOException {
		for (byte[] header : new byte[][] { VALID_1, VALID_2, version2(0x20, 0x00) }) {
			Map<Outcome, Long> before = ended();
			try (TestClient client = service.connect()) {
				assertThat(reply(client.write(header).halfClose())).isEmpty();
			}
			assertThat(endedSince(before)).isEqualTo(Map.of(Outcome.EMPTY, 1L));
		}
	}

	@Test
	void everyFlippedByteIsAnotherHeaderOrMalformed() throws IOException {
		for (byte[] header : new byte[][] { VALID_1, VALID_2 }) {
			Map<Outcome, Long> before = ended();
			int flipped = (header[0] == 'P') ? header.length : 16;
			for (int i = 0; i < flipped; i++) {
				for (int mask : new int[] { 0x01, 0x10, 0x80, 0xFF }) {
					byte[] other = header.clone();
					other[i] ^= (byte) mask;
					exchange(concat(other, HELLO));
				}
			}
			Map<Outcome, Long> since = endedSince(before);
			assertThat(since).containsOnlyKeys(Outcome.MALFORMED, Outcome.ECHOED);
			assertThat(since.get(Outcome.MALFORMED)).isGreaterThanOrEqualTo(4 * 12);
			assertThat(since.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(4L * flipped);
		}
	}

	@Test
	void randomBytesDoNoHarm() throws IOException {
		Random random = new Random(13);
		List<byte[]> beginnings = List.of(new byte[0], "PROXY ".getBytes(StandardCharsets.US_ASCII),
				"PROXY TCP6 ".getBytes(StandardCharsets.US_ASCII), ProxyHeaders.SIGNATURE,
				concat(ProxyHeaders.SIGNATURE, new byte[] { 0x21, 0x11 }),
				concat(ProxyHeaders.SIGNATURE, new byte[] { 0x20, 0x00, 0x00 }));
		Map<Outcome, Long> before = ended();
		for (int i = 0; i < 600; i++) {
			byte[] bytes = new byte[1 + random.nextInt(300)];
			random.nextBytes(bytes);
			exchange(concat(beginnings.get(i % beginnings.size()), bytes));
		}
		Map<Outcome, Long> since = endedSince(before);
		assertThat(since).containsKeys(Outcome.MALFORMED, Outcome.ECHOED)
			.doesNotContainKeys(Outcome.ERROR, Outcome.TIMEOUT);
		assertThat(since.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(600);
	}

	@Test
	void theReadTimeoutIsForHeaderAndFirstByteTogether() throws IOException {
		try (TestService impatient = TestService.start("echo.proxy-protocol=required", "echo.read-timeout=1s")) {
			List<TestClient> clients = new ArrayList<>();
			for (int length : new int[] { 0, 1, 20, 35, VALID_1.length }) {
				clients.add(impatient.connect().write(Arrays.copyOf(VALID_1, length)));
			}
			for (TestClient client : clients) {
				assertThat(client.readAll()).as("client %d", clients.indexOf(client)).isEmpty();
			}
			await().until(() -> impatient.ended(Outcome.TIMEOUT) == clients.size());
			for (TestClient client : clients) {
				client.close();
			}
		}
	}

	@Test
	void aClientThatIsSlowWithoutAnEndIsTimedOut() throws IOException {
		try (TestService impatient = TestService.start("echo.proxy-protocol=required", "echo.read-timeout=500ms");
				TestClient client = impatient.connect()) {
			client.write(Arrays.copyOf(version2(0x20, 0x00, new byte[4080]), 16));
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
				for (int i = 0; i < 4000; i++) {
					client.write(new byte[1]);
					LockSupport.parkNanos(10_000_000L);
				}
			});
			await().until(() -> impatient.ended(Outcome.TIMEOUT) == 1);
		}
	}

	@Test
	void aResetWithinTheHeaderIsMalformedAsAnEndIs() throws IOException {
		long before = service.ended(Outcome.MALFORMED);
		service.connect().write(Arrays.copyOf(VALID_1, 20)).reset();
		await().until(() -> service.ended(Outcome.MALFORMED) == before + 1);
	}

	@Test
	void nothingOfTheHeaderIsEchoedAndWhatComesBehindTheMessageCostsNoReply() throws IOException {
		byte[] bytes = new byte[64 * 1024];
		new Random(13).nextBytes(bytes);
		try (TestService plain = TestService.start("echo.proxy-protocol=required")) {
			for (byte[] header : new byte[][] { VALID_1, VALID_2 }) {
				for (int i = 0; i < 100; i++) {
					try (TestClient client = plain.connect()) {
						byte[] reply = client.write(concat(header, bytes)).readAll();
						assertThat(reply).isEqualTo(Arrays.copyOf(bytes, 100));
					}
				}
			}
			assertThat(plain.ended(Outcome.ECHOED)).isEqualTo(200);
			assertThat(plain.meters().get("echo.received").functionCounter().count()).isEqualTo(200 * 100);
		}
	}

	@Test
	void theMessageOfTheNextReadIsNoLongerThanTheLargest() throws IOException {
		try (TestService plain = TestService.start("echo.proxy-protocol=required");
				TestClient client = plain.connect()) {
			client.write(VALID_2);
			await().until(() -> plain.gauge("echo.connections.active") == 1);
			assertThat(client.write(new byte[20_000]).readAll()).hasSize(100);
		}
	}

	@Test
	void aHandlerGetsWhatTheHeaderTold() throws IOException {
		try (TestService plain = TestService.start("echo.proxy-protocol=required")) {
			HandlerTests.handle(plain,
					(message) -> new GenericMessage<>(message.getHeaders().get(EchoHeaders.PROXY_SOURCE) + " "
							+ message.getHeaders().get(EchoHeaders.PROXY_DESTINATION) + " "
							+ message.getHeaders().get(IpHeaders.LOCAL_ADDRESS), message.getHeaders()));
			try (TestClient client = plain.connect()) {
				assertThat(client.write(concat(VALID_2, HELLO)).readText())
					.isEqualTo("/192.0.2.1:1234 /192.0.2.2:443 /127.0.0.1");
			}
			try (TestClient client = plain.connect()) {
				assertThat(client.write(concat(version2(0x20, 0x00), HELLO)).readText())
					.isEqualTo("null null /127.0.0.1");
			}
		}
	}

	@Test
	void theToldSourceIsInTheDebugLine(CapturedOutput output) throws IOException {
		String address;
		try (TestService plain = TestService.start("echo.proxy-protocol=required", "logging.level.io.tcpecho=debug");
				TestClient client = plain.connect()) {
			address = "127.0.0.1:" + client.localAddress().getPort();
			assertThat(client.write(concat(VALID_2, HELLO)).readAll()).isEqualTo(HELLO);
		}
		await().untilAsserted(
				() -> assertThat(output).contains(address + " for 192.0.2.1:1234 echoed, 5 bytes in, 5 out, "));
	}

	@Test
	void whereItIsOffAHeaderIsAMessage() throws IOException {
		try (TestService plain = TestService.start(); TestClient client = plain.connect()) {
			assertThat(client.write(VALID_1).readAll()).isEqualTo(VALID_1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "off", "false", "OFF" })
	void offIsWhatYamlMakesOfItToo(String value) {
		assertThat(TestSettings.bind(Map.of("echo.proxy-protocol", value)).proxyProtocol())
			.isEqualTo(EchoProperties.ProxyProtocol.OFF);
	}

	/** Sends it, ends the stream, and waits for what comes. */
	private static void exchange(byte[] bytes) throws IOException {
		try (TestClient client = service.connect()) {
			reply(client.write(bytes).halfClose());
		}
	}

	/** What comes to the end of the stream, or to a reset by what was not read. */
	private static byte[] reply(TestClient client) {
		try {
			return client.readAll();
		}
		catch (IOException ex) {
			assertThat(ex).hasMessageContaining("reset");
			return new byte[0];
		}
	}

	private static Map<Outcome, Long> ended() {
		await().until(() -> service.gauge("echo.connections.active") == 0);
		return Map
			.copyOf(Arrays.stream(Outcome.values()).collect(Collectors.toMap((outcome) -> outcome, service::ended)));
	}

	private static Map<Outcome, Long> endedSince(Map<Outcome, Long> before) {
		Map<Outcome, Long> since = new EnumMap<>(ended());
		since.replaceAll((outcome, count) -> count - before.get(outcome));
		since.values().removeIf((count) -> count == 0);
		return since;
	}

	private static String told(JsonNode reply) {
		JsonNode proxied = reply.at("/proxied");
		return proxied.isMissingNode() ? ""
				: endpoint(proxied.at("/source")) + " " + endpoint(proxied.at("/destination"));
	}

	private static String endpoint(JsonNode endpoint) {
		return endpoint.at("/address").asString() + ":" + endpoint.at("/port").asInt();
	}

}
