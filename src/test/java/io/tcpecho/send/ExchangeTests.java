package io.tcpecho.send;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * One exchange: what is sent, and what is made of what comes back.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class ExchangeTests {

	private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	@Test
	void printsTheReplyToStandardOutputAndTheAddressToStandardError() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "", "hello");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err()).matches("echoed: 127\\.0\\.0\\.1:" + peer.port()
					+ " returned 5 of 5 bytes, seq=1 time=\\d+\\.\\d{3} ms\\R");
		}
	}

	@Test
	void sendsStandardInputByteForByte() throws Exception {
		byte[] message = new byte[100];
		new Random(1).nextBytes(message);
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), message);
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.out()).isEqualTo(message);
		}
	}

	@Test
	void sendsAnArgumentAsUtf8WhateverItBeginsWith(@TempDir Path directory) throws Exception {
		String file = "@" + Files.writeString(directory.resolve("message"), "not this");
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(sendTo(peer.port(), "", "hällo").text()).isEqualTo("hällo");
			assertThat(sendTo(peer.port(), "", file).text()).isEqualTo(file);
			assertThat(sendTo(peer.port(), "", "--", "--hello").text()).isEqualTo("--hello");
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 101, 300, 20_000, LARGEST_MESSAGE })
	void expectsNoMoreThanTheLimitOfALongerMessage(int length) throws Exception {
		byte[] message = new byte[length];
		new Random(2).nextBytes(message);
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), message);
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.out()).isEqualTo(Arrays.copyOf(message, 100));
		}
	}

	@Test
	void needsNobodyToReadTheRestOfALongMessage() throws Exception {
		CountDownLatch sent = new CountDownLatch(1);
		try (Peer peer = new Peer((client) -> {
			Peer.echoWithoutReadingOn(client);
			sent.await();
		})) {
			Result result = sendTo(peer.port(), new byte[LARGEST_MESSAGE]);
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.out()).isEqualTo(new byte[100]);
		}
		finally {
			sent.countDown();
		}
	}

	@Test
	void takesAnEndOfStreamForTheRightAnswerToAnEmptyMessage() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.out()).isEmpty();
			assertThat(result.err()).startsWith("empty: 127.0.0.1:" + peer.port());
		}
	}

	@Test
	void takesAGreetingForAWrongAnswerToAnEmptyMessage() throws Exception {
		try (Peer peer = new Peer(Peer::greetWithoutClosing)) {
			Result result = sendTo(peer.port(), "", "--timeout=1s");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned more than the 0 bytes");
		}
	}

	@Test
	void aShortReplyIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::echoAllButOneByte)) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.text()).isEqualTo("hell");
			assertThat(result.err())
				.startsWith("wrong: 127.0.0.1:" + peer.port() + " ended the stream after 4 of 5 bytes")
				.contains("--proxy-protocol, --reply and --max-message-size");
		}
	}

	@Test
	void noReplyIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::closeWithoutReply)) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("ended the stream after 0 of 5 bytes");
		}
	}

	@Test
	void aReplyShorterThanTheLimitOfALongerMessageIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "x".repeat(200), "--max-message-size=101");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("ended the stream after 100 of 101 bytes");
		}
	}

	@Test
	void aReplyLongerThanTheLimitIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "x".repeat(200), "--max-message-size=99");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned more than the 99 bytes");
		}
	}

	@Test
	void aReplyLongerThanTheMessageIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::echoOneByteTooMany)) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned more than the 5 bytes");
		}
	}

	@Test
	void aReplyThatDiffersInOneByteIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer::echoWithTheThirdByteChanged)) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.text()).isEqualTo("hemlo");
			assertThat(result.err()).contains("returned 0x6d instead of 0x6c as byte 3 of the reply");
		}
	}

	@Test
	void aGreetingOfAnotherServiceIsWrongAlthoughItDoesNotClose() throws Exception {
		try (Peer peer = new Peer(Peer::greetWithoutClosing)) {
			Result result = sendTo(peer.port(), "hello", "--timeout=1s");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.text()).isEqualTo("220 ready");
		}
	}

	@Test
	void aSilentServiceTimesOut() throws Exception {
		try (Peer peer = new Peer(Peer::staySilent)) {
			Result result = sendTo(peer.port(), "hello", "--timeout=100ms");
			assertThat(result.exitCode()).isEqualTo(5);
			assertThat(result.err()).startsWith("timeout: 127.0.0.1:" + peer.port()).contains("0 of 5 bytes");
		}
	}

	@Test
	void aReplyWithoutAnEndOfStreamTimesOut() throws Exception {
		try (Peer peer = new Peer(Peer::echoWithoutClosing)) {
			Result result = sendTo(peer.port(), "hello", "--timeout=1s");
			assertThat(result.exitCode()).isEqualTo(5);
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err()).contains("5 of 5 bytes and no end of stream within 1000 ms");
		}
	}

	@Test
	void aClosedPortRefuses() throws Exception {
		try (Socket closed = Peer.closedPort()) {
			Result result = sendTo(closed.getLocalPort(), "hello");
			assertThat(result.exitCode()).isEqualTo(4);
			assertThat(result.out()).isEmpty();
			assertThat(result.err())
				.startsWith("refused: 127.0.0.1:" + closed.getLocalPort() + " refused the connection")
				.contains("is the service up");
		}
	}

	@Test
	void aConnectionThatIsResetIsReported() throws Exception {
		try (Peer peer = new Peer(Peer::reset)) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(7);
			assertThat(result.err())
				.startsWith("reset: 127.0.0.1:" + peer.port() + " reset the connection after 0 of 5 bytes")
				.contains("does the service require a header (--proxy-protocol)");
		}
	}

	@Test
	void anUnknownHostIsUnreachable() {
		Result result = send(InputStream.nullInputStream(), List.of("--host=[nobody]", "hello"));
		assertThat(result.exitCode()).isEqualTo(6);
		assertThat(result.err()).startsWith("unresolved: no address is known for [nobody]");
	}

	@Test
	void anUnknownHostIsNoProofThatAPolicyDrops() {
		Result result = send(InputStream.nullInputStream(), List.of("--host=[nobody]", "--expect=unreachable"));
		assertThat(result.exitCode()).isEqualTo(6);
	}

	/**
	 * To a full queue Linux does not answer at all; the address is as good as behind a
	 * policy that drops.
	 */
	@Test
	@EnabledOnOs(OS.LINUX)
	void anAddressThatDoesNotAnswerIsUnreachable() throws Exception {
		List<Socket> queued = new ArrayList<>();
		try (ServerSocket listener = new ServerSocket(0, 1, LOOPBACK)) {
			fill(listener, queued);
			int port = listener.getLocalPort();
			Result result = sendTo(port, "hello", "--connect-timeout=100ms");
			assertThat(result.exitCode()).isEqualTo(6);
			assertThat(result.err()).startsWith("unreachable: 127.0.0.1:" + port + " did not answer within 100 ms");
			assertThat(sendTo(port, "", "--connect-timeout=100ms", "--expect=unreachable").exitCode()).isEqualTo(0);
			assertThat(sendTo(port, "", "--connect-timeout=100ms", "--expect=refused").exitCode()).isEqualTo(6);
		}
		finally {
			for (Socket socket : queued) {
				socket.close();
			}
		}
	}

	private static void fill(ServerSocket listener, List<Socket> queued) throws IOException {
		while (true) {
			Socket socket = new Socket();
			queued.add(socket);
			try {
				socket.connect(listener.getLocalSocketAddress(), 100);
			}
			catch (SocketTimeoutException ex) {
				return;
			}
		}
	}

	@Test
	void aRefusalCanBeExpected() throws Exception {
		try (Socket closed = Peer.closedPort()) {
			Result result = sendTo(closed.getLocalPort(), "", "--expect=refused");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.err()).startsWith("refused: 127.0.0.1:" + closed.getLocalPort());
			assertThat(sendTo(closed.getLocalPort(), "", "--expect=unreachable").exitCode()).isEqualTo(4);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "refused", "unreachable" })
	void aConnectionIsAFailureWhereNoneIsExpected(String expected) throws Exception {
		try (Peer peer = new Peer(Peer::staySilent)) {
			Result result = sendTo(peer.port(), "hello", "--expect=" + expected);
			assertThat(result.exitCode()).isEqualTo(8);
			assertThat(result.err()).startsWith("connected: 127.0.0.1:" + peer.port() + " took the connection")
				.contains("does the policy select both ends");
		}
	}

	/** Some of it goes at once, the rest from a thread of its own, once there is room. */
	@ParameterizedTest
	@ValueSource(ints = { 16_383, 16_384, 16_385, 100_000, LARGEST_MESSAGE })
	void allOfALongMessageIsSent(int length) throws Exception {
		byte[] message = new byte[length];
		new Random(3).nextBytes(message);
		AtomicReference<byte[]> read = new AtomicReference<>();
		try (Peer peer = new Peer((client) -> {
			read.set(client.getInputStream().readNBytes(length));
			client.getOutputStream().write(message, 0, 100);
		})) {
			Result result = sendTo(peer.port(), message);
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(read.get()).isEqualTo(message);
		}
	}

	/** However often something comes. */
	@Test
	void theTimeoutIsForTheWholeReply() throws Exception {
		CountDownLatch never = new CountDownLatch(1);
		try (Peer peer = new Peer((client) -> {
			while (!never.await(20, TimeUnit.MILLISECONDS)) {
				client.getOutputStream().write('x');
			}
		})) {
			Result result = sendTo(peer.port(), "x".repeat(10_000), "--max-message-size=10000", "--timeout=300ms");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(5);
			assertThat(result.text()).hasSizeBetween(1, 16);
			assertThat(result.err()).contains(" of 10000 bytes and no end of stream within 300 ms");
		}
	}

	@Test
	void theTimeIsThatOfTheWholeExchange() throws Exception {
		CountDownLatch never = new CountDownLatch(1);
		try (Peer peer = new Peer((client) -> {
			never.await(50, TimeUnit.MILLISECONDS);
			Peer.echo(client);
		}); Socket closed = Peer.closedPort()) {
			long start = System.nanoTime();
			JsonNode echoed = sendTo(peer.port(), "hello", "--json").json().getFirst();
			JsonNode refused = sendTo(closed.getLocalPort(), "hello", "--json").json().getFirst();
			JsonNode connected = sendTo(peer.port(), "hello", "--expect=refused", "--json").json().getFirst();
			double elapsed = (System.nanoTime() - start) / 1e6;
			assertThat(echoed.get("milliseconds").asDouble()).isBetween(50.0, elapsed);
			assertThat(refused.get("milliseconds").asDouble()).isBetween(0.001, elapsed - 50);
			assertThat(connected.get("milliseconds").asDouble()).isBetween(0.001, elapsed - 50);
		}
	}

	/** The JVM would keep an address for 30 s, and that there is none for 10 s. */
	@Test
	void aNameIsLookedUpAgainAfterASecond() {
		Security.setProperty("networkaddress.cache.ttl", "30");
		Security.setProperty("networkaddress.cache.negative.ttl", "10");
		send("--host=[nobody]", "hello");
		assertThat(Security.getProperty("networkaddress.cache.ttl")).isEqualTo("1");
		assertThat(Security.getProperty("networkaddress.cache.negative.ttl")).isEqualTo("1");
	}

}
