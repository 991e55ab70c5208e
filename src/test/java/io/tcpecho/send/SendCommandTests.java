package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class SendCommandTests {

	private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	/** Without a listener, but nobody else can get it. */
	private static Socket closedPort() throws IOException {
		Socket socket = new Socket();
		socket.bind(new InetSocketAddress(LOOPBACK, 0));
		return socket;
	}

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
				.contains("--max-message-size");
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
		try (Socket closed = closedPort()) {
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
				.startsWith("reset: 127.0.0.1:" + peer.port() + " reset the connection after 0 of 5 bytes");
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
		try (Socket closed = closedPort()) {
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

	@Test
	void printsALineForEachOfSeveralExchangesAndASummary() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--count=3", "--interval=0s");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.text()).isEqualTo("hello\nhello\nhello\n");
			List<String> lines = result.err().lines().toList();
			assertThat(lines).hasSize(4);
			assertThat(lines.get(2)).startsWith("echoed: 127.0.0.1:").contains("seq=3 time=");
			assertThat(lines.getLast())
				.matches("3 sent, 3 echoed, 0 lost, min/avg/p99/max = (\\d+\\.\\d{3}/){3}\\d+\\.\\d{3} ms");
		}
	}

	@Test
	void theFirstFailureDecidesButDoesNotEndTheSeries() throws Exception {
		try (Peer peer = new Peer(Peer::echo, Peer::reset, Peer::echoAllButOneByte, Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--count=4", "--interval=0s");
			assertThat(result.exitCode()).isEqualTo(7);
			assertThat(result.err().lines().map((line) -> line.replaceFirst("[:,].*", ""))).containsExactly("echoed",
					"reset", "wrong", "echoed", "4 sent");
			assertThat(result.err()).contains("4 sent, 2 echoed, 2 lost");
		}
	}

	@Test
	void waitsForTheIntervalBetweenTheStartsOfTwoExchanges() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			long start = System.nanoTime();
			sendTo(peer.port(), "hello", "--count=3", "--interval=100ms");
			assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(200_000_000L);
		}
	}

	@Test
	void quietPrintsFailuresOnly() throws Exception {
		try (Peer peer = new Peer(Peer::echo, Peer::reset, Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--count=3", "--interval=0s", "--quiet");
			assertThat(result.err().lines()).singleElement().asString().startsWith("reset:");
		}
	}

	@Test
	void printsAnObjectForEachExchangeAndOneForTheSummaryAsJson() throws Exception {
		byte[] message = { 0, '"', '\\', '\n', (byte) 0xff };
		try (Peer peer = new Peer(Peer::echo, Peer::echoWithTheThirdByteChanged)) {
			Result result = sendTo(peer.port(), message, "--count=2", "--interval=0s", "--json");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err().lines()).singleElement().asString().startsWith("wrong:");
			List<JsonNode> json = result.json();
			assertThat(json).hasSize(3);
			JsonNode echoed = json.getFirst();
			assertThat(echoed.propertyNames()).containsExactly("type", "sequence", "outcome", "exitCode", "address",
					"port", "milliseconds", "reply", "description", "instance");
			assertThat(echoed.get("type").asString()).isEqualTo("exchange");
			assertThat(echoed.get("sequence").asInt()).isEqualTo(1);
			assertThat(echoed.get("outcome").asString()).isEqualTo("echoed");
			assertThat(echoed.get("exitCode").asInt()).isEqualTo(0);
			assertThat(echoed.get("address").asString()).isEqualTo("127.0.0.1");
			assertThat(echoed.get("port").asInt()).isEqualTo(peer.port());
			assertThat(echoed.get("milliseconds").asDouble()).isPositive();
			assertThat(Base64.getDecoder().decode(echoed.get("reply").asString())).isEqualTo(message);
			assertThat(json.get(1).get("outcome").asString()).isEqualTo("wrong");
			assertThat(json.get(1).get("exitCode").asInt()).isEqualTo(3);
			JsonNode summary = json.getLast();
			assertThat(summary.propertyNames()).containsExactly("type", "sent", "echoed", "lost", "minMilliseconds",
					"avgMilliseconds", "p99Milliseconds", "maxMilliseconds", "exitCode", "p50Milliseconds",
					"p90Milliseconds", "p999Milliseconds", "parallel", "warmUp", "seconds", "rate", "failures",
					"gapMilliseconds", "gapFrom", "gapTo", "gapResolution", "instances", "otherInstances");
			assertThat(summary.get("type").asString()).isEqualTo("summary");
			assertThat(summary.get("sent").asInt()).isEqualTo(2);
			assertThat(summary.get("echoed").asInt()).isEqualTo(1);
			assertThat(summary.get("lost").asInt()).isEqualTo(1);
			assertThat(summary.get("maxMilliseconds").asDouble()).isEqualTo(echoed.get("milliseconds").asDouble());
			assertThat(summary.get("exitCode").asInt()).isEqualTo(3);
		}
	}

	@Test
	void jsonSurvivesAHostNameThatNeedsEscaping() {
		Result result = send(InputStream.nullInputStream(), List.of("--host=[no \"höst\"\\\t]", "--json", "hello"));
		assertThat(result.text()).isASCII();
		JsonNode exchange = result.json().getFirst();
		assertThat(exchange.get("description").asString()).endsWith("[no \"höst\"\\\t]");
		assertThat(exchange.get("address").isNull()).isTrue();
		assertThat(exchange.get("milliseconds").isNull()).isTrue();
		assertThat(result.json().getLast().get("maxMilliseconds").isNull()).isTrue();
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			--host=,                  '--host': must be not empty
			--port=0,                 '--port': must be 1 to 65535
			--port=65536,             '--port': must be 1 to 65535
			--port=echo,              '--port'
			--connect-timeout=0s,     '--connect-timeout': must be 1ms to 60s
			--connect-timeout=61s,    '--connect-timeout': must be 1ms to 60s
			--timeout=0ms,            '--timeout': must be 1ms to 86400s
			--timeout=5,              '5' is not a duration
			--timeout=fastms,         'fastms' is not a duration
			--count=0,                '--count': must be 1 to 1000000
			--interval=-1s,           '--interval': must be 0ms to 86400s
			--max-message-size=0,     '--max-message-size': must be 1 to 16384
			--max-message-size=16385, '--max-message-size': must be 1 to 16384
			--expect=nothing,         '--expect'
			--reply=nothing,          '--reply'
			--host=:1,                '--host': must be not empty
			--host=localhost:,        '--host': after the colon there must be a port
			--host=localhost:http,    '--host': after the colon there must be a port
			--host=localhost:65536,   '--host': after the colon there must be a port
			--host=[::1]:0,           '--host': after the colon there must be a port
			--parallel=0,             '--parallel': must be 1 to 1000
			--parallel=2,             --parallel needs --duration or --count
			--duration=0s,            '--duration': must be 1ms to 86400s
			--fail-under=101%,        '--fail-under': must be 0% to 100%
			--fail-under=most,        'most' is not a percentage
			--max-gap=0s,             '--max-gap': must be 1ms to 86400s
			--proxy-protocol=v3,      '--proxy-protocol'
			--proxy-source=192.0.2.1:1, --proxy-source needs --proxy-protocol
			--nonsense,               '--nonsense'
			""", quoteCharacter = '`')
	void badUsageIsNamedInOneLine(String option, String named) {
		Result result = send(InputStream.nullInputStream(), List.of(option, "hello"));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.out()).isEmpty();
		assertThat(result.err().lines()).singleElement()
			.asString()
			.contains(named)
			.endsWith("'send --help' lists the options.");
	}

	@Test
	void moreStandardInputThanFitsIsBadUsage() {
		Result result = sendTo(1, new byte[LARGEST_MESSAGE + 1]);
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Standard input has more than 16 MiB.");
	}

	@Test
	void standardInputThatCannotBeReadIsBadUsage() throws Exception {
		InputStream closed = new FileInputStream("/dev/null");
		closed.close();
		Result result = send(closed, List.of());
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Standard input cannot be read");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void standardOutputThatCannotBeWrittenIsAFault() throws Exception {
		try (Peer peer = new Peer(Peer::echo); PrintStream full = new PrintStream(new FileOutputStream("/dev/full"))) {
			ByteArrayOutputStream err = new ByteArrayOutputStream();
			int exitCode = Commands.run(List.of("send", "--port=" + peer.port(), "hello"),
					InputStream.nullInputStream(), full, new PrintStream(err, true));
			assertThat(exitCode).isEqualTo(1);
			assertThat(err.toString(StandardCharsets.UTF_8)).contains("Standard output cannot be written");
		}
	}

	@ParameterizedTest
	@EnumSource(ExitCode.class)
	void helpListsEachExitCode(ExitCode exitCode) {
		Result result = send(InputStream.nullInputStream(), List.of("--help"));
		assertThat(result.exitCode()).isEqualTo(0);
		assertThat(result.text().lines().map(String::strip)).contains(exitCode.code() + "   " + exitCode.meaning());
	}

}
