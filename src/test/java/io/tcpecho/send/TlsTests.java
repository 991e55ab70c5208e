package io.tcpecho.send;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code --tls} with a service that is not ours.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class TlsTests {

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

	@BeforeAll
	static void sign() throws Exception {
		certificates = new Certificates(Files.createDirectory(directory.resolve("ours"))).sign("echo")
			.sign("renewed")
			.sign("client")
			.sign("expired", "-startdate", "-3d", "-validity", "2")
			.sign("future", "-startdate", "+3d")
			.sign("other", "-ext", "san=dns:other.example");
	}

	/** What a service does that speaks TLS with the certificate of a name. */
	private static Peer.Behaviour tls(String name, Configurer configurer, Peer.Behaviour behaviour) throws Exception {
		SSLContext context = certificates.client(name);
		return (client) -> {
			SSLSocket socket = (SSLSocket) context.getSocketFactory()
				.createSocket(client, null, client.getPort(), false);
			socket.setUseClientMode(false);
			configurer.configure(socket);
			try {
				client.setTcpNoDelay(true);
				socket.startHandshake();
				behaviour.serve(socket);
			}
			finally {
				// So that no reset overtakes an alert.
				client.shutdownOutput();
				client.getInputStream().transferTo(OutputStream.nullOutputStream());
			}
		};
	}

	private static Peer.Behaviour tls(String name, Peer.Behaviour behaviour) throws Exception {
		return tls(name, (socket) -> {
		}, behaviour);
	}

	private interface Configurer {

		void configure(SSLSocket socket) throws IOException;

	}

	private static Result sendTls(Peer peer, String message, String... options) {
		List<String> all = new ArrayList<>(List.of("--tls", "--cacert=" + certificates.ca()));
		all.addAll(List.of(options));
		return sendTo(peer.port(), message, all.toArray(String[]::new));
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void theReplyIsThatOfTheStreamWithin(String version) throws Exception {
		try (Peer peer = new Peer(
				tls("echo", (socket) -> socket.setEnabledProtocols(new String[] { version }), Peer::echo))) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err()).startsWith("echoed: 127.0.0.1:" + peer.port() + " returned 5 of 5 bytes, seq=1");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void anEmptyMessageIsAnEndOfThatStream(String version) throws Exception {
		try (Peer peer = new Peer(
				tls("echo", (socket) -> socket.setEnabledProtocols(new String[] { version }), Peer::echo))) {
			Result result = sendTls(peer, "");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.err()).startsWith("empty: ");
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 101, 16_384, 16_385, 100_000, LARGEST_MESSAGE })
	void allOfALongMessageIsSent(int length) throws Exception {
		byte[] message = new byte[length];
		new Random(4).nextBytes(message);
		BlockingQueue<byte[]> read = new LinkedBlockingQueue<>();
		try (Peer peer = new Peer(tls("echo", (socket) -> {
			read.add(socket.getInputStream().readNBytes(length));
			socket.getOutputStream().write(message, 0, 100);
			((SSLSocket) socket).shutdownOutput();
		}))) {
			Result result = sendTo(peer.port(), message, "--tls", "--cacert=" + certificates.ca());
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(read.take()).isEqualTo(message);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			expired | has expired (NotAfter: \\S.*)
			future  | is not valid yet (NotBefore: \\S.*)
			other   | does not fit (No subject alternative names matching IP address 127\\.0\\.0\\.1 found)
			""")
	void aCertificateThatIsNotRightIsAFailure(String name, String reason) throws Exception {
		try (Peer peer = new Peer(tls(name, Peer::echo))) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.out()).isEmpty();
			assertThat(result.err().lines()).singleElement()
				.asString()
				.matches("handshake: 127\\.0\\.0\\.1:" + peer.port() + " showed a certificate that "
						+ reason.replace("(", "\\(").replace(")", "\\)") + ", seq=1 .*; does the service speak TLS .*");
		}
	}

	@Test
	void whoTheJvmDoesNotTrustIsNotTrustedUnlessToldSo(@TempDir Path elsewhere) throws Exception {
		Certificates others = new Certificates(elsewhere);
		try (Peer peer = new Peer(tls("echo", Peer::echo))) {
			for (Result result : List.of(sendTo(peer.port(), "hello", "--tls"),
					sendTo(peer.port(), "hello", "--tls", "--cacert=" + others.ca()))) {
				assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
				assertThat(result.err()).contains(" showed a certificate that is not trusted (");
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "echo", "expired", "future", "other" })
	void anyCertificateWillDoWhereThatIsAskedFor(String name) throws Exception {
		try (Peer peer = new Peer(tls(name, Peer::echo))) {
			Result result = sendTo(peer.port(), "hello", "--tls", "--insecure");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
		}
	}

	@ParameterizedTest
	@CsvSource({ "TLSv1.3, certificate_required", "TLSv1.2, handshake_failure" })
	void anAlertIsNamed(String version, String alert) throws Exception {
		try (Peer peer = new Peer(tls("echo", (socket) -> {
			socket.setEnabledProtocols(new String[] { version });
			socket.setNeedClientAuth(true);
		}, Peer::echo))) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Received fatal alert: " + alert + "), seq=1");
			Result shown = sendTls(peer, "hello", "--cert=" + certificates.certificate("client"),
					"--key=" + certificates.key("client"));
			assertThat(shown.exitCode()).as(shown.err()).isEqualTo(0);
		}
	}

	@Test
	void theKeyMayBeInTheFileOfTheCertificate() throws Exception {
		Path both = directory.resolve("both.pem");
		Files.writeString(both,
				Files.readString(certificates.key("client")) + Files.readString(certificates.certificate("client")));
		try (Peer peer = new Peer(tls("echo", (socket) -> socket.setNeedClientAuth(true), (client) -> {
			this.seen.add(((SSLSocket) client).getSession().getPeerPrincipal().getName());
			Peer.echo(client);
		}))) {
			assertThat(sendTls(peer, "hello", "--cert=" + both).exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).contains("CN=client");
		}
	}

	@Test
	void aNameIsAskedForAndLookedForInTheCertificate() throws Exception {
		try (Peer peer = new Peer(tls("other", (client) -> {
			ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) client).getSession();
			this.seen.add(session.getRequestedServerNames().toString());
			Peer.echo(client);
		}))) {
			Result result = sendTls(peer, "hello", "--servername=other.example.");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(this.seen.take()).contains("value=other.example]");
			assertThat(sendTls(peer, "hello", "--servername=another.example").err())
				.contains("does not fit (No subject alternative DNS name matching another.example found");
		}
	}

	@Test
	void theNameOfTheHostIsAskedFor() throws Exception {
		try (Peer peer = new Peer(tls("echo", (client) -> {
			ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) client).getSession();
			this.seen.add(session.getRequestedServerNames().toString());
			Peer.echo(client);
		}))) {
			send("--host=localhost:" + peer.port(), "--tls", "--cacert=" + certificates.ca(), "hello");
			assertThat(this.seen.take()).contains("value=localhost]");
			assertThat(sendTls(peer, "hello").exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("[]");
		}
	}

	@Test
	void applicationProtocolsAreOffered() throws Exception {
		try (Peer peer = new Peer(
				tls("echo", (socket) -> socket.setHandshakeApplicationProtocolSelector((_, offered) -> {
					this.seen.add(offered.toString());
					return offered.getLast();
				}), Peer::echo))) {
			assertThat(sendTls(peer, "hello", "--alpn=h2,http/1.1").exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("[h2, http/1.1]");
		}
	}

	@Test
	void aProxyHeaderComesBeforeTheHandshake() throws Exception {
		Peer.Behaviour echo = tls("echo", Peer::echo);
		try (Peer peer = new Peer((client) -> {
			StringBuilder header = new StringBuilder();
			while (header.indexOf("\n") == -1) {
				header.append((char) client.getInputStream().read());
			}
			this.seen.add(header.toString());
			echo.serve(client);
		})) {
			Result result = sendTls(peer, "hello", "--proxy-protocol=v1", "--proxy-source=192.0.2.1:1234");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("PROXY TCP4 192.0.2.1 127.0.0.1 1234 " + peer.port() + "\r\n");
		}
	}

	@Test
	void aServiceWithoutTlsIsNamed() throws Exception {
		try (Peer peer = new Peer(Peer::greetWithoutClosing)) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Unsupported or unrecognized SSL message), seq=1");
		}
	}

	@Test
	void aStreamThatEndsWithinTheHandshakeIsAFailureOfIt() throws Exception {
		try (Peer peer = new Peer(Peer::closeWithoutReply)) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Remote host terminated the handshake), seq=1");
		}
	}

	@Test
	void aConnectionThatIsResetIsReported() throws Exception {
		try (Peer peer = new Peer(Peer::reset, tls("echo", (client) -> {
		}))) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(7);
		}
	}

	@Test
	void theTimeoutIsForTheHandshakeToo() throws Exception {
		try (Peer peer = new Peer(Peer::staySilent, tls("echo", Peer::staySilent),
				tls("echo", Peer::echoWithoutClosing))) {
			Result silent = sendTls(peer, "hello", "--timeout=1s");
			assertThat(silent.exitCode()).as(silent.err()).isEqualTo(5);
			assertThat(silent.err()).contains(" did not finish the handshake within 1000 ms, seq=1");
			Result afterwards = sendTls(peer, "hello", "--timeout=1s");
			assertThat(afterwards.exitCode()).as(afterwards.err()).isEqualTo(5);
			assertThat(afterwards.err()).contains(" returned 0 of 5 bytes and no end of stream within 1000 ms, seq=1");
			Result open = sendTls(peer, "hello", "--timeout=1s");
			assertThat(open.exitCode()).as(open.err()).isEqualTo(5);
			assertThat(open.text()).isEqualTo("hello");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void aReplyThatEndsWithoutCloseNotifyIsWrong(String version) throws Exception {
		try (Peer peer = new Peer(tls("echo", (socket) -> socket.setEnabledProtocols(new String[] { version }),
				(client) -> client.getOutputStream().write(client.getInputStream().readNBytes(5))))) {
			Result result = sendTls(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err()).contains(
					" ended the stream after 5 of 5 bytes without close_notify, so that more may be missing, seq=1");
		}
	}

	/** Which takes 40 ms, but not each time. */
	@Test
	void aHandshakeDoesNotWaitForADelayedAcknowledgement() throws Exception {
		try (Connection connection = new Connection()) {
			assertThat(connection.getTcpNoDelay()).isTrue();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void aDrillOverARenewalTalliesBothCertificates(String version) throws Exception {
		AtomicInteger count = new AtomicInteger();
		try (Peer peer = renewing(version, count)) {
			JsonNode summary = sendTls(peer, "hello", "--parallel=2", "--count=30", "--json").summary();
			assertThat(summary.get("echoed").asInt()).isEqualTo(30);
			assertThat(summary.get("otherCertificates").asInt()).isZero();
			JsonNode tally = summary.get("certificates");
			assertThat(tally.valueStream().map((seen) -> seen.get("subject").asString()))
				.containsExactly("CN=echo,O=Test", "CN=renewed,O=Test");
			assertThat(tally.valueStream().map((seen) -> seen.get("count").asInt())).containsExactly(10, 20);
			JsonNode renewed = tally.get(1);
			assertThat(Instant.parse(renewed.get("notAfter").asString())).isAfter(Instant.now());
			assertThat(Instant.parse(renewed.get("first").asString()))
				.isBefore(Instant.parse(renewed.get("last").asString()));
			String serial = renewed.get("serial").asString();
			assertThat(serial).matches("[0-9a-f]+").isNotEqualTo(tally.get(0).get("serial").asString());
			count.set(8);
			assertThat(sendTls(peer, "hello", "--count=5", "--interval=0s").err().lines().skip(6)).satisfiesExactly(
					(first) -> assertThat(first)
						.matches("certificate of CN=echo,O=Test, serial \\w+, valid until \\S+Z: 2, from \\S+ to \\S+"),
					(second) -> assertThat(second).matches("certificate of CN=renewed,O=Test, serial " + serial
							+ ", valid until \\S+Z: 3, from \\S+ to \\S+"));
			JsonNode exchange = sendTls(peer, "hello", "--json").json().getFirst();
			assertThat(exchange.get("certificate").get("serial").asString()).isEqualTo(serial);
		}
	}

	/** Has another certificate from the eleventh connection on. */
	private static Peer renewing(String version, AtomicInteger count) throws Exception {
		Configurer configurer = (socket) -> socket.setEnabledProtocols(new String[] { version });
		Peer.Behaviour before = tls("echo", configurer, Peer::echo);
		Peer.Behaviour after = tls("renewed", configurer, Peer::echo);
		return Peer.sideBySide((client) -> ((count.getAndIncrement() < 10) ? before : after).serve(client));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			--cacert=x                  | need --tls
			--cert=x                    | need --tls
			--key=x                     | need --tls
			--servername=x              | need --tls
			--alpn=h2                   | need --tls
			--insecure                  | need --tls
			--tls --key=x               | --key needs --cert.
			--tls --alpn=h2,,http/1.1   | '--alpn' or '--servername'
			--tls --servername=a_b      | '--alpn' or '--servername'
			--tls --host=a_b            | '--alpn' or '--servername', which is that of --host by default
			--tls --cacert=/nonexistent | '--cacert': must be PEM (NoSuchFileException: /nonexistent)
			--tls --cacert=pom.xml      | '--cacert': must be PEM (IllegalStateException: Missing certificates
			--tls --cert=pom.xml        | '--cert': must be PEM (IllegalStateException: Missing certificates
			""")
	void badUsageIsNamedInOneLine(String options, String named) {
		Result result = send((options + " hello").split(" "));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err().lines()).singleElement().asString().contains(named);
	}

}
