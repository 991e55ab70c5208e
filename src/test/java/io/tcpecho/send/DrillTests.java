package io.tcpecho.send;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class DrillTests {

	/** Nobody is answered before four are there. */
	@Test
	void keepsSoManyExchangesGoingAndNoMore() throws Exception {
		CyclicBarrier four = new CyclicBarrier(4);
		AtomicInteger open = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		try (Peer peer = Peer.sideBySide((client) -> {
			most.accumulateAndGet(open.incrementAndGet(), Math::max);
			await(four);
			open.decrementAndGet();
			Peer.echo(client);
		})) {
			Result result = sendTo(peer.port(), "hello", "--parallel=4", "--count=20");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.err()).startsWith("20 sent, 20 echoed, 0 lost, ").contains("4 at a time");
			assertThat(most).hasValue(4);
		}
	}

	private static void await(CyclicBarrier barrier) throws IOException, InterruptedException {
		try {
			barrier.await();
		}
		catch (BrokenBarrierException ex) {
			throw new IOException(ex);
		}
	}

	@Test
	void goesOnForTheDuration() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			long start = System.nanoTime();
			Result result = sendTo(peer.port(), "hello", "--duration=500ms", "--json");
			assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(500_000_000L);
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.summary().get("sent").asInt()).isGreaterThan(1);
		}
	}

	/** The interval is never waited for. */
	@Test
	void theCountMayEndItBeforeTheDuration() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--duration=24h", "--count=3");
			assertThat(result.err()).startsWith("3 sent, 3 echoed");
		}
	}

	@Test
	void doesNotWaitForAnIntervalBeyondTheDuration() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--duration=300ms", "--interval=24h");
			assertThat(result.err()).startsWith("1 sent, 1 echoed");
		}
	}

	@Test
	void printsNeitherRepliesNorProgressButASummary() throws Exception {
		try (Peer peer = new Peer(Peer::echo, Peer::reset, Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--parallel=2", "--count=40");
			assertThat(result.exitCode()).isEqualTo(7);
			assertThat(result.out()).isEmpty();
			assertThat(result.err()).doesNotContain("\r");
			List<String> lines = result.err().lines().toList();
			assertThat(lines).hasSize(4);
			assertThat(lines.get(0)).startsWith("40 sent, 39 echoed, 1 lost, min/avg/p99/max = ");
			assertThat(lines.get(1)).matches("\\d+\\.\\d/s over \\d+\\.\\d{3} s, 2 at a time, p50/p90/p99\\.9 = "
					+ "(\\d+\\.\\d{3}/){2}\\d+\\.\\d{3} ms; \\d+ exchanges of warm-up are in no time and no rate");
			assertThat(lines.get(2)).matches("reset: 1, from (\\S+) to \\1, the first: 127\\.0\\.0\\.1:" + peer.port()
					+ " reset the connection after 0 of 5 bytes; does the service .*");
			assertThat(lines.get(3)).matches("longest gap without an echo: \\d+\\.\\d{3} ms, from "
					+ "\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S+ to \\S+; exact to 10 ms where connections are refused, .*");
		}
	}

	@Test
	void countsEachKindOfFailureAsJson() throws Exception {
		try (Peer peer = new Peer(Peer::reset, Peer::echoAllButOneByte, Peer::reset, Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--duration=24h", "--count=20", "--json");
			assertThat(result.err()).isEmpty();
			assertThat(result.json()).hasSize(1);
			JsonNode summary = result.summary();
			assertThat(summary.get("sent").asInt()).isEqualTo(20);
			assertThat(summary.get("lost").asInt()).isEqualTo(3);
			assertThat(summary.get("exitCode").asInt()).isEqualTo(7);
			JsonNode failures = summary.get("failures");
			assertThat(failures.size()).isEqualTo(2);
			assertThat(failures.get(0).get("outcome").asString()).isEqualTo("reset");
			assertThat(failures.get(0).get("count").asInt()).isEqualTo(2);
			assertThat(instant(failures.get(0), "first")).isBefore(instant(failures.get(0), "last"));
			assertThat(failures.get(1).get("outcome").asString()).isEqualTo("wrong");
			assertThat(failures.get(1).get("description").asString()).contains("ended the stream after 4 of 5 bytes");
		}
	}

	@Test
	void measuresAnOutage() throws Exception {
		CountDownLatch echoed = new CountDownLatch(5);
		// Nobody else is given it meanwhile.
		int port = EchoProcess.closedPort();
		InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
		try (Peer before = new Peer(loopback, port, (client) -> {
			Peer.echo(client);
			echoed.countDown();
		})) {
			Instant start = Instant.now();
			CompletableFuture<Result> drill = CompletableFuture
				.supplyAsync(() -> sendTo(port, "hello", "--duration=3s", "--json"));
			assertThat(echoed.await(30, TimeUnit.SECONDS)).isTrue();
			before.stop();
			long closed = System.nanoTime();
			// The outage itself: there is no event to wait for.
			Thread.sleep(400);
			long outage = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - closed);
			try (Peer after = new Peer(loopback, port, Peer::echo)) {
				Result result = drill.get(30, TimeUnit.SECONDS);
				assertThat(after.port()).isEqualTo(port);
				JsonNode summary = result.summary();
				assertThat(result.exitCode()).isIn(4, 7);
				assertThat(summary.get("gapMilliseconds").asLong()).isBetween(outage / 2, 3000L);
				assertThat(instant(summary, "gapFrom")).isAfter(start);
				assertThat(instant(summary, "gapTo")).isBefore(Instant.now());
				assertThat(Duration.between(instant(summary, "gapFrom"), instant(summary, "gapTo")).toMillis())
					.isCloseTo(summary.get("gapMilliseconds").asLong(), within(1L));
				assertThat(summary.get("failures").valueStream().map((failure) -> failure.get("outcome").asString()))
					.contains("refused");
				// A pause of 10 ms after each.
				assertThat(summary.get("lost").asInt()).isBetween(1, 310);
			}
		}
	}

	@Test
	void withoutAnyEchoTheGapIsTheWholeDrill() throws Exception {
		try (Peer peer = new Peer(Peer::staySilent)) {
			JsonNode summary = sendTo(peer.port(), "hello", "--duration=300ms", "--timeout=1s", "--json").summary();
			assertThat(summary.get("gapMilliseconds").asDouble()).isEqualTo(300);
			assertThat(summary.get("rate").asDouble()).isEqualTo(0);
			assertThat(summary.get("p999Milliseconds").isNull()).isTrue();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--count=4", "--duration=24h --count=4", "--parallel=2 --count=4" })
	void theShareOfEchoesDecidesWhereItIsGiven(String repetition) throws Exception {
		assertThat(ofFour(repetition + " --fail-under=75%").exitCode()).isEqualTo(0);
		assertThat(ofFour(repetition + " --fail-under=75").exitCode()).isEqualTo(0);
		Result result = ofFour(repetition + " --fail-under=75.01% --quiet");
		assertThat(result.exitCode()).isEqualTo(9);
		assertThat(result.err().lines()).last()
			.isEqualTo("3 of 4 exchanges were as expected: that is under --fail-under 75.01%");
	}

	private static Result ofFour(String options) throws IOException {
		try (Peer peer = new Peer(Peer::echo, Peer::reset, Peer::echo)) {
			return sendTo(peer.port(), "hello", (options + " --interval=0s").split(" "));
		}
	}

	@Test
	void theLongestGapDecidesWhereItIsGiven() throws Exception {
		assertThat(ofFour("--parallel=2 --count=4 --max-gap=1m").exitCode()).isEqualTo(0);
		try (Peer peer = new Peer(Peer::echo, Peer::staySilent)) {
			Result result = sendTo(peer.port(), "hello", "--duration=400ms", "--timeout=1s", "--max-gap=100ms",
					"--fail-under=0%", "--json");
			assertThat(result.exitCode()).isEqualTo(9);
			assertThat(result.summary().get("exitCode").asInt()).isEqualTo(9);
			assertThat(result.err()).startsWith("the longest gap, ").contains(" ms, exceeds --max-gap 100 ms");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--max-gap=1m", "--max-gap=1ms", "--fail-under=0%", "--fail-under=100%" })
	void whereNothingWasAsExpectedTheFirstFailureDecides(String limit) throws Exception {
		try (Socket closed = Peer.closedPort(); Peer peer = new Peer(Peer::reset)) {
			Result refused = sendTo(closed.getLocalPort(), "hello", "--parallel=2", "--count=4", limit);
			assertThat(refused.exitCode()).as(refused.err()).isEqualTo(4);
			Result reset = sendTo(peer.port(), "hello", "--count=2", "--interval=0s", limit, "--json");
			assertThat(reset.exitCode()).as(reset.err()).isEqualTo(7);
			assertThat(reset.summary().get("exitCode").asInt()).isEqualTo(7);
		}
	}

	/** As long as the drill is, no gap is longer. */
	@Test
	void aGapThatNoDrillCanMissIsBadUsage() throws Exception {
		for (String gap : List.of("10s", "200ms")) {
			Result result = sendTo(1, "hello", "--parallel=2", "--duration=200ms", "--max-gap=" + gap);
			assertThat(result.exitCode()).isEqualTo(2);
			assertThat(result.err()).startsWith("--max-gap must be shorter than --duration, ");
		}
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(sendTo(peer.port(), "hello", "--count=1", "--duration=200ms", "--max-gap=199ms").exitCode())
				.isEqualTo(0);
		}
	}

	@Test
	void pausesAfterAFailureOnly() throws Exception {
		try (Socket closed = Peer.closedPort()) {
			long start = System.nanoTime();
			sendTo(closed.getLocalPort(), "hello", "--parallel=2", "--count=20", "--quiet");
			assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(90_000_000L);
		}
		try (Peer peer = new Peer(Peer::echo)) {
			// The fastest of many, since the machine may have other work.
			assertThat(LongStream.generate(() -> {
				long start = System.nanoTime();
				sendTo(peer.port(), "hello", "--duration=24h", "--count=20", "--quiet");
				return System.nanoTime() - start;
			}).limit(100).anyMatch((time) -> time < 190_000_000L)).isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			0s    | 10   | --connect-timeout, 200 ms | --timeout, 1000 ms
			50ms  | 50   | --connect-timeout, 200 ms | --timeout, 1000 ms
			500ms | 500  | --interval, 500 ms        | --timeout, 1000 ms
			2s    | 2000 | --interval, 2000 ms       | --interval, 2000 ms
			""")
	void aGapIsAsExactAsTimeoutsAndIntervalAllow(String interval, int refused, String dropped, String hanging)
			throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			JsonNode summary = sendTo(peer.port(), "hello", "--duration=24h", "--count=1", "--json",
					"--connect-timeout=200ms", "--timeout=1s", "--interval=" + interval)
				.summary();
			assertThat(summary.get("gapResolution").asString())
				.isEqualTo("exact to %d ms where connections are refused, to %s, where packets are dropped, and to %s, "
					.formatted(refused, dropped, hanging) + "where connections hang");
		}
	}

	@Test
	void quietSaysNothingOfADrillThatWentWell() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(sendTo(peer.port(), "hello", "--parallel=2", "--count=4", "--quiet").err()).isEmpty();
		}
	}

	@Test
	void quietSumsUpADrillThatDidNot() throws Exception {
		assertThat(ofFour("--parallel=2 --count=4 --quiet").err()).startsWith("4 sent, 3 echoed, 1 lost")
			.contains("reset: 1");
	}

	@Test
	void leavesTheWarmUpOutOfTimesAndRate() throws Exception {
		CountDownLatch slow = new CountDownLatch(1);
		try (Peer peer = new Peer((client) -> {
			slow.await(500, TimeUnit.MILLISECONDS);
			Peer.echo(client);
		}, (client) -> {
			// The summary's seconds are rounded to milliseconds.
			slow.await(20, TimeUnit.MILLISECONDS);
			Peer.echo(client);
		})) {
			long start = System.nanoTime();
			JsonNode summary = sendTo(peer.port(), "hello", "--duration=24h", "--count=19", "--json").summary();
			double elapsed = (System.nanoTime() - start) / 1e9;
			assertThat(summary.get("warmUp").asInt()).isEqualTo(1);
			assertThat(summary.get("seconds").asDouble()).isBetween(0.02, elapsed - 0.5);
			assertThat(summary.get("echoed").asInt()).isEqualTo(19);
			assertThat(summary.get("maxMilliseconds").asDouble()).isLessThan(500);
			assertThat(summary.get("gapMilliseconds").asDouble()).isLessThan(500);
			assertThat(summary.get("rate").asDouble()).isCloseTo(18 / summary.get("seconds").asDouble(),
					withinPercentage(5));
		}
	}

	@Test
	void aPolicyThatRejectsCanBeWatched() throws Exception {
		try (Socket closed = Peer.closedPort()) {
			Result result = sendTo(closed.getLocalPort(), "", "--parallel=2", "--count=4", "--expect=refused");
			assertThat(result.exitCode()).isEqualTo(0);
			assertThat(result.err()).startsWith("4 sent, 0 echoed, 0 lost").contains("longest gap without a refusal");
		}
	}

	@Test
	void manyLanesAreServedByFew() throws Exception {
		try (Peer peer = Peer.sideBySide(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--parallel=200", "--count=2000", "--connect-timeout=60s");
			assertThat(result.err()).startsWith("2000 sent, 2000 echoed, 0 lost");
		}
	}

	private static Instant instant(JsonNode json, String name) {
		return Instant.parse(json.get(name).asString());
	}

}
