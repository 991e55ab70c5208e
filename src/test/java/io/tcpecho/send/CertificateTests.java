package io.tcpecho.send;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which certificates are trusted, shown, and tallied.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class CertificateTests {

	private static TlsPeers peers;

	private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

	@BeforeAll
	static void sign(@TempDir Path directory) throws Exception {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
		generator.initialize(768);
		KeyPair weak = generator.generateKeyPair();
		peers = new TlsPeers(new Certificates(directory).sign("echo")
			.sign("renewed")
			.sign("client")
			.sign("expired", (usual) -> usual.notAfter(Instant.now().minusSeconds(1)))
			.sign("future", (usual) -> usual.notBefore(Instant.now().plus(Duration.ofDays(3))))
			.signFor("other.example", "other")
			.sign("weak", (usual) -> usual.keyPair(weak))
			.sign("\u001b[2J"));
	}

	@Test
	void insecureTakesACertificateThatTheJdkThinksTooWeak() throws Exception {
		int port = EchoProcess.closedPort();
		try (Tool.Server weak = Tool.serve(port, List.of("openssl"), "s_server", "-quiet", "-accept",
				String.valueOf(port), "-cert", peers.certificates().certificate("weak").toString(), "-key",
				peers.certificates().key("weak").toString(), "-cipher", "ALL:@SECLEVEL=0")) {
			Result result = send("--host=" + weak.address(), "--tls", "--insecure", "--timeout=1s", "hello");
			// It does not echo.
			assertThat(result.err()).startsWith("timeout: ").contains("returned 0 of 5 bytes");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			expired | has expired (NotAfter: \\S.*)
			future  | is not valid yet (NotBefore: \\S.*)
			other   | does not fit (No subject alternative names matching IP address 127\\.0\\.0\\.1 found)
			""")
	void aCertificateThatIsNotRightIsAFailure(String name, String reason) throws Exception {
		try (Peer peer = new Peer(peers.tls(name, Peer::echo))) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.out()).isEmpty();
			assertThat(result.err().lines()).singleElement()
				.asString()
				.matches("handshake: 127\\.0\\.0\\.1:" + peer.port() + " showed a certificate that "
						+ reason.replace("(", "\\(").replace(")", "\\)") + ", seq=1 .*; does it speak TLS there, .*");
		}
	}

	@Test
	void whoTheJvmDoesNotTrustIsNotTrustedUnlessToldSo(@TempDir Path elsewhere) throws Exception {
		Certificates others = new Certificates(elsewhere);
		try (Peer peer = new Peer(peers.tls("echo", Peer::echo))) {
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
		try (Peer peer = new Peer(peers.tls(name, Peer::echo))) {
			Result result = sendTo(peer.port(), "hello", "--tls", "--insecure");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
		}
	}

	@ParameterizedTest
	@CsvSource({ "TLSv1.3, certificate_required", "TLSv1.2, handshake_failure" })
	void anAlertIsNamed(String version, String alert) throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", (socket) -> {
			socket.setEnabledProtocols(new String[] { version });
			socket.setNeedClientAuth(true);
		}, Peer::echo))) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Received fatal alert: " + alert + "), seq=1");
			Result shown = peers.send(peer, "hello", "--cert=" + peers.certificates().certificate("client"),
					"--key=" + peers.certificates().key("client"));
			assertThat(shown.exitCode()).as(shown.err()).isEqualTo(0);
		}
	}

	@Test
	void theKeyMayBeInTheFileOfTheCertificate(@TempDir Path directory) throws Exception {
		Path both = directory.resolve("both.pem");
		Files.writeString(both, Files.readString(peers.certificates().key("client"))
				+ Files.readString(peers.certificates().certificate("client")));
		try (Peer peer = new Peer(peers.tls("echo", (socket) -> socket.setNeedClientAuth(true), (client) -> {
			this.seen.add(((SSLSocket) client).getSession().getPeerPrincipal().getName());
			Peer.echo(client);
		}))) {
			assertThat(peers.send(peer, "hello", "--cert=" + both).exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).contains("CN=client");
		}
	}

	@Test
	void aNameIsAskedForAndLookedForInTheCertificate() throws Exception {
		try (Peer peer = new Peer(peers.tls("other", (client) -> {
			ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) client).getSession();
			this.seen.add(session.getRequestedServerNames().toString());
			Peer.echo(client);
		}))) {
			Result result = peers.send(peer, "hello", "--servername=other.example.");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(this.seen.take()).contains("value=other.example]");
			assertThat(peers.send(peer, "hello", "--servername=another.example").err())
				.contains("does not fit (No subject alternative DNS name matching another.example found");
		}
	}

	@Test
	void theNameOfTheHostIsAskedFor() throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", (client) -> {
			ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) client).getSession();
			this.seen.add(session.getRequestedServerNames().toString());
			Peer.echo(client);
		}))) {
			send("--host=localhost:" + peer.port(), "--tls", "--cacert=" + peers.certificates().ca(), "hello");
			assertThat(this.seen.take()).contains("value=localhost]");
			assertThat(peers.send(peer, "hello").exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("[]");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void aDrillOverARenewalTalliesBothCertificates(String version) throws Exception {
		AtomicInteger count = new AtomicInteger();
		try (Peer peer = renewing(version, count)) {
			JsonNode summary = peers.send(peer, "hello", "--parallel=2", "--count=30", "--json").summary();
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
			assertThat(peers.send(peer, "hello", "--count=5", "--interval=0s").err().lines().skip(6)).satisfiesExactly(
					(first) -> assertThat(first)
						.matches("certificate of CN=echo,O=Test, serial \\w+, valid until \\S+Z: 2, from \\S+ to \\S+"),
					(second) -> assertThat(second).matches("certificate of CN=renewed,O=Test, serial " + serial
							+ ", valid until \\S+Z: 3, from \\S+ to \\S+"));
			JsonNode exchange = peers.send(peer, "hello", "--json").json().getFirst();
			assertThat(exchange.get("certificate").get("serial").asString()).isEqualTo(serial);
		}
	}

	/** A session that is resumed keeps the time of the first, and its certificate. */
	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void noSessionIsResumed(String version) throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", TlsPeers.only(version), (client) -> {
			this.seen.add(Long.toString(((SSLSocket) client).getSession().getCreationTime()));
			Peer.echo(client);
		}))) {
			peers.send(peer, "hello", "--count=3", "--interval=50ms");
			assertThat(this.seen).hasSize(3).doesNotHaveDuplicates();
		}
	}

	@Test
	void aSubjectDoesNotDriveATerminal() throws Exception {
		try (Peer peer = new Peer(peers.tls("\u001b[2J", Peer::echo))) {
			assertThat(peers.send(peer, "hello", "--count=2", "--interval=0s").err())
				.contains("certificate of CN=?[2J,O=Test, ")
				.doesNotContain("\u001b");
		}
	}

	/** Has another certificate from the eleventh connection on. */
	private static Peer renewing(String version, AtomicInteger count) throws Exception {
		TlsPeers.Configurer configurer = TlsPeers.only(version);
		Peer.Behaviour before = peers.tls("echo", configurer, Peer::echo);
		Peer.Behaviour after = peers.tls("renewed", configurer, Peer::echo);
		return Peer.sideBySide((client) -> ((count.getAndIncrement() < 10) ? before : after).serve(client));
	}

}
