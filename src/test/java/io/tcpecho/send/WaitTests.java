package io.tcpecho.send;

import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A service that is still starting.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class WaitTests {

	private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

	@ParameterizedTest
	@ValueSource(strings = { "", "--parallel=4 --count=20" })
	void isMetWithoutAFailure(String repetition) throws Exception {
		int port = EchoProcess.closedPort();
		CompletableFuture<Result> result = CompletableFuture
			.supplyAsync(() -> sendTo(port, "hello", ("--wait=50s " + repetition).strip().split(" ")));
		// As long as it takes to start.
		await().during(Duration.ofMillis(300)).until(() -> !result.isDone());
		try (Peer _ = new Peer(LOOPBACK, port, Peer::closeWithoutReply, Peer::echo)) {
			assertThat(result.get().exitCode()).as(result.get().err()).isEqualTo(0);
			assertThat(result.get().err()).doesNotContain("refused:");
		}
	}

	/** One would not do: the next pod behind the address may still refuse. */
	@Test
	void isThereWhenItHasTakenTenConnections() throws Exception {
		List<Peer.Behaviour> behaviours = new ArrayList<>(Collections.nCopies(10, Peer::closeWithoutReply));
		behaviours.add(Peer::echo);
		behaviours.add(Peer::reset);
		try (Peer peer = new Peer(behaviours.toArray(Peer.Behaviour[]::new))) {
			assertThat(sendTo(peer.port(), "hello", "--wait=50s").exitCode()).isEqualTo(0);
			assertThat(sendTo(peer.port(), "hello").exitCode()).isEqualTo(7);
		}
	}

	@Test
	void isNoPartOfADrillsTime() throws Exception {
		int port = EchoProcess.closedPort();
		CompletableFuture<Result> result = CompletableFuture
			.supplyAsync(() -> sendTo(port, "hello", "--wait=50s", "--duration=200ms", "--json"));
		// Longer than the drill itself.
		await().during(Duration.ofMillis(400)).until(() -> !result.isDone());
		try (Peer _ = new Peer(LOOPBACK, port, Peer::echo)) {
			JsonNode summary = result.get().summary();
			assertThat(summary.get("lost").asInt()).isZero();
			assertThat(summary.get("gapMilliseconds").asDouble()).isLessThanOrEqualTo(200);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "--count=5 --interval=0s", "--duration=2s --json", "--parallel=2 --count=20" })
	void isNotWaitedForBeyondThat(String repetition) throws Exception {
		try (Socket closed = Peer.closedPort()) {
			long start = System.nanoTime();
			Result result = sendTo(closed.getLocalPort(), "hello", ("--wait=300ms " + repetition).strip().split(" "));
			long milliseconds = (System.nanoTime() - start) / 1_000_000;
			assertThat(result.exitCode()).isEqualTo(4);
			assertThat(result.text() + result.err()).contains("refused", "127.0.0.1:" + closed.getLocalPort());
			assertThat(milliseconds).isBetween(300L, 20_000L);
		}
	}

	@Test
	void isWaitedForAlsoWhereItsNameIsStillUnknown() {
		long start = System.nanoTime();
		assertThat(send("--host=[nobody]", "--wait=300ms", "hello").exitCode()).isEqualTo(6);
		assertThat(System.nanoTime() - start).isGreaterThan(290_000_000L);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--wait=0s", "--wait=25h" })
	void isWaitedForADayAtMost(String option) {
		Result result = send(option, "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).contains("'--wait': must be 1ms to 86400s");
	}

	@ParameterizedTest
	@ValueSource(strings = { "refused", "unreachable" })
	void isNotWaitedForWhereNoneIsExpected(String expected) {
		Result result = send("--wait=1s", "--expect=" + expected);
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("--wait is for --expect echo only.");
	}

}
