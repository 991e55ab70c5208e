package io.tcpecho.send;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is printed of one exchange after the other.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class OutputTests {

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
					"port", "milliseconds", "reply", "description", "instance", "certificate");
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
					"gapMilliseconds", "gapFrom", "gapTo", "gapResolution", "instances", "otherInstances",
					"certificates", "otherCertificates", "unfinished", "failedAddresses", "otherFailedAddresses");
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
		Result result = send(InputStream.nullInputStream(), List.of("--host=[no ~\"höst\"\\\t]", "--json", "hello"));
		assertThat(result.text()).isASCII().contains("[no ~\\u0022h\\u00f6st\\u0022\\u005c\\u0009]");
		JsonNode exchange = result.json().getFirst();
		assertThat(exchange.get("description").asString()).endsWith("[no ~\"höst\"\\\t]");
		assertThat(exchange.get("address").isNull()).isTrue();
		assertThat(exchange.get("milliseconds").isNull()).isTrue();
		assertThat(result.json().getLast().get("maxMilliseconds").isNull()).isTrue();
	}

	/** As a script sees it that reads one reply after the other. */
	@Test
	void eachReplyIsThereBeforeTheNextExchange() throws Exception {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		AtomicInteger before = new AtomicInteger();
		try (Peer peer = new Peer(Peer::echo, (client) -> {
			before.set(bytes.size());
			Peer.echo(client);
		}); PrintStream out = new PrintStream(new BufferedOutputStream(bytes))) {
			Commands.run(List.of("send", "--port=" + peer.port(), "--count=2", "--interval=0s", "hello"),
					InputStream.nullInputStream(), out, new PrintStream(new ByteArrayOutputStream()));
			assertThat(before).hasValue("hello\n".length());
		}
	}

	@Test
	void aCountOfOneIsASingleExchange() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--count=1");
			assertThat(result.text()).isEqualTo("hello");
			assertThat(result.err().lines()).hasSize(1);
		}
	}

	@Test
	void aMessageThatEndsWithANewlineGetsNoOther() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(sendTo(peer.port(), "hello\n", "--count=2", "--interval=0s").text()).isEqualTo("hello\nhello\n");
		}
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void standardOutputThatCannotBeWrittenIsAFault() throws Exception {
		try (Peer peer = new Peer(Peer::echo); PrintStream full = new PrintStream(new FileOutputStream("/dev/full"))) {
			ByteArrayOutputStream err = new ByteArrayOutputStream();
			int exitCode = Commands.run(List.of("send", "--port=" + peer.port(), "hello"),
					InputStream.nullInputStream(), full, new PrintStream(err, true));
			assertThat(exitCode).isEqualTo(1);
			assertThat(err.toString(StandardCharsets.UTF_8)).contains("Standard output cannot be written")
				.doesNotContain("Exception");
		}
	}

	@Test
	void aFaultOfItsOwnIsNoVerdict() {
		// It reads from null.
		Result result = send(new DataInputStream(null), List.of());
		assertThat(result.exitCode()).isEqualTo(1);
		assertThat(result.err()).startsWith("java.lang.NullPointerException");
	}

}
