package io.tcpecho.send;

import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class InstanceTests {

	private static final String ECHO_0 = """
			{"instance":"echo-0","namespace":"default","node":"worker-1","version":"1.0.0",\
			"peer":{"address":"10.1.2.3","port":54321},"local":{"address":"10.4.5.6","port":23000},\
			"proxied":{"source":{"address":"192.0.2.1","port":1234},"destination":{"address":"192.0.2.2","port":443}},\
			"received":5}
			""";

	private static final String ECHO_1 = """
			{"received":5,"instance":"echo-1","later":[{"unknown":1e3}]}
			""";

	@Test
	void anIdentityIsPrintedAsItCame() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_0))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.text()).isEqualTo(ECHO_0);
			assertThat(result.err()).startsWith("echoed: 127.0.0.1:" + peer.port() + " returned 286 bytes, seq=1");
		}
	}

	@Test
	void theSummaryTalliesThem() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_0), Peer.answer(ECHO_1), Peer.answer(ECHO_0))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity", "--count=4", "--interval=0s");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.text()).isEqualTo(ECHO_0 + ECHO_1 + ECHO_0 + ECHO_0);
			assertThat(result.err().lines().skip(5)).satisfiesExactly(
					(first) -> assertThat(first)
						.matches("echo-0 \\(default, worker-1, 1\\.0\\.0\\): 3, from \\S+ to \\S+"),
					(second) -> assertThat(second).matches("echo-1: 1, from (\\S+) to \\1"));
		}
	}

	@Test
	void aDrillTalliesThemAsJson() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_1), Peer.answer(ECHO_0), Peer.answer(ECHO_1))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity", "--parallel=2", "--count=20", "--json");
			JsonNode instances = result.summary().get("instances");
			assertThat(instances.size()).isEqualTo(2);
			JsonNode echo0 = instances.valueStream()
				.filter((instance) -> instance.get("instance").asString().equals("echo-0"))
				.findFirst()
				.orElseThrow();
			assertThat(echo0.get("namespace").asString()).isEqualTo("default");
			assertThat(echo0.get("node").asString()).isEqualTo("worker-1");
			assertThat(echo0.get("version").asString()).isEqualTo("1.0.0");
			assertThat(echo0.get("count").asInt()).isEqualTo(1);
			JsonNode echo1 = instances.valueStream()
				.filter((instance) -> !instance.equals(echo0))
				.findFirst()
				.orElseThrow();
			assertThat(echo1.get("namespace").isNull()).isTrue();
			assertThat(echo1.get("count").asInt()).isEqualTo(19);
			assertThat(Instant.parse(echo1.get("first").asString()))
				.isBefore(Instant.parse(echo1.get("last").asString()));
		}
	}

	@Test
	void eachExchangeTellsItsInstanceAsJson() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_1))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity", "--json");
			assertThat(result.json().getFirst().get("instance").asString()).isEqualTo("echo-1");
		}
	}

	@Test
	void aDrillOfIdentitiesNeedsNoMessageAndReadsNoStandardInput() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_0));
				PipedOutputStream nobody = new PipedOutputStream();
				InputStream open = new PipedInputStream(nobody)) {
			Result result = Result.send(open,
					List.of("--port=" + peer.port(), "--reply=identity", "--parallel=2", "--count=20", "--json"));
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.summary().get("instances").get(0).get("count").asInt()).isEqualTo(20);
		}
	}

	@Test
	void anEmptyMessageGetsNothing() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "", "--reply=identity");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.err()).startsWith("empty: ");
		}
	}

	@Test
	void isNoEcho() throws Exception {
		try (Peer peer = new Peer(Peer.answer(ECHO_0))) {
			Result result = sendTo(peer.port(), "hello");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned 0x7b instead of 0x68 as byte 1", "--reply");
		}
	}

	@Test
	void tellsHowMuchOfALongMessageIsReceived() throws Exception {
		String identity = ECHO_0.replace("\"received\":5", "\"received\":100");
		try (Peer peer = new Peer(Peer.answer(identity))) {
			assertThat(sendTo(peer.port(), "x".repeat(101), "--reply=identity").exitCode()).isEqualTo(0);
			assertThat(sendTo(peer.port(), "x".repeat(99), "--reply=identity").err())
				.contains("it tells of 100 bytes received, not 99");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			hello                                            | it is not one line
			hello\\n                                         | it is not JSON
			\\n                                              | it has no instance
			{"instance":"a", "received":5}                   | it is not one line
			{"instance":"a"\\n, "received":5}\\n             | it is not one line
			{"instance":"a", "received":5}\\n\\n             | it is not one line
			{"instance":"a", "received":5}{}\\n              | it is not JSON
			{"instance":"a", "received":5\\n                 | it is not JSON
			[]\\n                                            | it has no instance
			"a"\\n                                           | it has no instance
			{"received":5}\\n                                | it has no instance
			{"instance":"a"}\\n                              | it has no instance
			{"instance":"a", "received":"5"}\\n              | it has no instance
			{"instance":"a", "received":5.0}\\n              | it has no instance
			{"instance":"a", "received":4}\\n                | it tells of 4 bytes
			{"instance":"", "received":5}\\n                 | instance is not
			{"instance":7, "received":5}\\n                  | instance is not
			{"instance":"\\u001b[2J", "received":5}\\n       | instance is not
			{"instance":"a", "node":{}, "received":5}\\n     | node is not
			""")
	void anythingElseIsWrong(String reply, String reason) throws Exception {
		try (Peer peer = new Peer(Peer.answer(reply.replace("\\n", "\n")))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
			assertThat(result.err()).startsWith("wrong: ").contains("that are no identity: " + reason);
		}
	}

	@Test
	void whatIsNotUtf8IsWrong() throws Exception {
		try (Peer peer = new Peer((client) -> client.getOutputStream().write(new byte[] { (byte) 0xff, '\n' }))) {
			assertThat(sendTo(peer.port(), "hello", "--reply=identity").err()).contains("it is not UTF-8");
		}
	}

	@Test
	void mayBeAsLongAsTheLongest() throws Exception {
		String longest = "{\"received\":5,\"instance\":\"a\"}".indent(0).replace("}", " ".repeat(8192 - 30) + "}");
		assertThat(longest).hasSize(8192);
		try (Peer peer = new Peer(Peer.answer(longest), Peer.answer(" " + longest))) {
			assertThat(sendTo(peer.port(), "hello", "--reply=identity").exitCode()).isEqualTo(0);
			assertThat(sendTo(peer.port(), "hello", "--reply=identity").exitCode()).isEqualTo(3);
		}
	}

	@Test
	void aReplyWithoutEndIsWrong() throws Exception {
		try (Peer peer = new Peer(Peer.answer("x".repeat(100_000)))) {
			Result result = sendTo(peer.port(), "hello", "--reply=identity");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned more than the 8192 bytes");
		}
	}

	@Test
	void anIdentityWithoutAnEndOfStreamTimesOut() throws Exception {
		try (Peer peer = new Peer((client) -> {
			client.getOutputStream().write(ECHO_0.getBytes(StandardCharsets.UTF_8));
			Peer.staySilent(client);
		})) {
			assertThat(sendTo(peer.port(), "hello", "--reply=identity", "--timeout=100ms").exitCode()).isEqualTo(5);
		}
	}

}
