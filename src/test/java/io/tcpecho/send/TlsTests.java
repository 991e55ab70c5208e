package io.tcpecho.send;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
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

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code --tls}: an exchange within.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class TlsTests {

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	private static TlsPeers peers;

	private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

	@BeforeAll
	static void sign(@TempDir Path directory) throws Exception {
		peers = new TlsPeers(new Certificates(directory).sign("echo"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void theReplyIsThatOfTheStreamWithin(String version) throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", TlsPeers.only(version), Peer::echo))) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err()).startsWith("echoed: 127.0.0.1:" + peer.port() + " returned 5 of 5 bytes, seq=1");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void anEmptyMessageIsAnEndOfThatStream(String version) throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", TlsPeers.only(version), Peer::echo))) {
			Result result = peers.send(peer, "");
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
		try (Peer peer = new Peer(peers.tls("echo", (socket) -> {
			read.add(socket.getInputStream().readNBytes(length));
			socket.getOutputStream().write(message, 0, 100);
			((SSLSocket) socket).shutdownOutput();
		}))) {
			Result result = sendTo(peer.port(), message, "--tls", "--cacert=" + peers.certificates().ca());
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(read.take()).isEqualTo(message);
		}
	}

	@Test
	void applicationProtocolsAreOffered() throws Exception {
		try (Peer peer = new Peer(
				peers.tls("echo", (socket) -> socket.setHandshakeApplicationProtocolSelector((_, offered) -> {
					this.seen.add(offered.toString());
					return offered.getLast();
				}), Peer::echo))) {
			assertThat(peers.send(peer, "hello", "--alpn=h2,http/1.1").exitCode()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("[h2, http/1.1]");
		}
	}

	@Test
	void aProxyHeaderComesBeforeTheHandshake() throws Exception {
		Peer.Behaviour echo = peers.tls("echo", Peer::echo);
		try (Peer peer = new Peer((client) -> {
			StringBuilder header = new StringBuilder();
			while (header.indexOf("\n") == -1) {
				header.append((char) client.getInputStream().read());
			}
			this.seen.add(header.toString());
			echo.serve(client);
		})) {
			Result result = peers.send(peer, "hello", "--proxy-protocol=v1", "--proxy-source=192.0.2.1:1234");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(this.seen.take()).isEqualTo("PROXY TCP4 192.0.2.1 127.0.0.1 1234 " + peer.port() + "\r\n");
		}
	}

	@Test
	void aServiceWithoutTlsIsNamed() throws Exception {
		try (Peer peer = new Peer(Peer::greetWithoutClosing)) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Unsupported or unrecognized SSL message), seq=1");
		}
	}

	@Test
	void aStreamThatEndsWithinTheHandshakeIsAFailureOfIt() throws Exception {
		try (Peer peer = new Peer(Peer::closeWithoutReply)) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(10);
			assertThat(result.err()).contains(" failed at TLS (Remote host terminated the handshake), seq=1");
		}
	}

	@Test
	void aConnectionThatIsResetIsReported() throws Exception {
		try (Peer peer = new Peer(Peer::reset, peers.tls("echo", (client) -> {
		}))) {
			Result result = peers.send(peer, "hello");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(7);
		}
	}

	@Test
	void theTimeoutIsForTheHandshakeToo() throws Exception {
		try (Peer peer = new Peer(Peer::staySilent, peers.tls("echo", Peer::staySilent),
				peers.tls("echo", Peer::echoWithoutClosing))) {
			Result silent = peers.send(peer, "hello", "--timeout=1s");
			assertThat(silent.exitCode()).as(silent.err()).isEqualTo(5);
			assertThat(silent.err()).contains(" did not finish the handshake within 1000 ms, seq=1");
			Result afterwards = peers.send(peer, "hello", "--timeout=1s");
			assertThat(afterwards.exitCode()).as(afterwards.err()).isEqualTo(5);
			assertThat(afterwards.err()).contains(" returned 0 of 5 bytes and no end of stream within 1000 ms, seq=1");
			Result open = peers.send(peer, "hello", "--timeout=1s");
			assertThat(open.exitCode()).as(open.err()).isEqualTo(5);
			assertThat(open.text()).isEqualTo("hello");
		}
	}

	/** However often something of it comes. */
	@Test
	void theTimeoutIsForTheWholeHandshake() throws Exception {
		CountDownLatch never = new CountDownLatch(1);
		try (Peer peer = new Peer((client) -> {
			client.getOutputStream().write(new byte[] { 22, 3, 3, 0x40, 0 });
			while (!never.await(20, TimeUnit.MILLISECONDS)) {
				client.getOutputStream().write(0);
			}
		})) {
			long start = System.nanoTime();
			Result result = peers.send(peer, "hello", "--timeout=300ms");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(5);
			assertThat(System.nanoTime() - start).isLessThan(30_000_000_000L);
		}
	}

	/** With TLS 1.2, a {@code close_notify} must be answered, which may take too long. */
	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void theTimeoutIsAlsoForAMessageThatNobodyReads(String version) throws Exception {
		CountDownLatch sent = new CountDownLatch(1);
		try (Peer peer = new Peer(peers.tls("echo", TlsPeers.only(version), (client) -> {
			Peer.echoWithoutReadingOn(client);
			sent.await();
		}))) {
			Result result = sendTo(peer.port(), new byte[LARGEST_MESSAGE], "--tls", "--timeout=5s",
					"--cacert=" + peers.certificates().ca());
			assertThat(result.exitCode()).as(result.err()).isIn(0, 5);
			assertThat(result.out()).isEqualTo(new byte[100]);
		}
		finally {
			sent.countDown();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.3", "TLSv1.2" })
	void aReplyThatEndsWithoutCloseNotifyIsWrong(String version) throws Exception {
		try (Peer peer = new Peer(peers.tls("echo", TlsPeers.only(version),
				(client) -> client.getOutputStream().write(client.getInputStream().readNBytes(5))))) {
			Result result = peers.send(peer, "hello");
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
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			--cacert=x                  | need --tls
			--cert=x                    | need --tls
			--key=x                     | need --tls
			--servername=x              | need --tls
			--alpn=h2                   | need --tls
			--insecure                  | need --tls
			--tls --key=x               | --key needs --cert.
			""")
	void badUsageIsNamedInOneLine(String options, String named) {
		Result result = send((options + " hello").split(" "));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err().lines()).singleElement().asString().contains(named);
	}

}
