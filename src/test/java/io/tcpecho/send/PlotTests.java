package io.tcpecho.send;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;

import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The page of {@code --plot}, without a browser.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
class PlotTests {

	@TempDir
	private Path directory;

	private PlotDrill drill() {
		return new PlotDrill(this.directory.resolve("drill.html"));
	}

	@Test
	void theDataIsWhatWentIn() throws Exception {
		PlotDrill drill = drill();
		drill.echoed("one", 2, 10);
		drill.echoed("two", 4, 20);
		drill.echoed("two", 3, 90);
		drill.failed(Ending.REFUSED, "refused", 110);
		drill.failed(Ending.RESET, "reset", 115);
		drill.failed(Ending.RESET, "reset", 210);
		drill.echoed("two", 5, 390);
		String page = drill.page(400);
		JsonNode data = PlotDrill.data(page);
		assertThat(data.get("width").asInt()).isEqualTo(100);
		assertThat(data.get("to").asDouble() - data.get("from").asDouble()).isCloseTo(400, within(0.01));
		assertThat(data.get("expected").toString()).isEqualTo(
				"[{\"name\":\"two (1)\",\"counts\":[2,0,0,1]}," + "{\"name\":\"one (1)\",\"counts\":[1,0,0,0]}]");
		assertThat(data.get("failures").toString())
			.isEqualTo("[{\"name\":\"refused\",\"counts\":[0,1,0,0]},{\"name\":\"reset\",\"counts\":[0,1,1,0]}]");
		assertThat(data.get("least").toString()).isEqualTo("[2.0,null,null,5.0]");
		assertThat(data.get("greatest").toString()).isEqualTo("[4.0,null,null,5.0]");
		assertThat(data.get("median").get(0).asDouble()).isCloseTo(3, within(0.15));
		assertThat(data.get("p99").get(0).asDouble()).isCloseTo(4, within(0.2));
		assertThat(data.get("gapMilliseconds").asDouble()).isEqualTo(300);
		assertThat(data.get("gapFrom").asDouble() - data.get("from").asDouble()).isCloseTo(90, within(0.01));
		assertThat(data.get("gapTo").asDouble() - data.get("from").asDouble()).isCloseTo(390, within(0.01));
		assertThat(data.get("marks").valueStream().map((mark) -> mark.get("name").asString())).containsExactly("one",
				"two");
		assertThat(data.get("marks").get(0).get("last").asDouble() - data.get("from").asDouble()).isCloseTo(10,
				within(0.01));
		assertThat(text(page)).contains("sent 7", "echoed 4", "lost 3", "refused refused 1 ", "reset reset 2 ",
				"longest gap 300.000 ms, from ", "one 1 1 ", "two 1 3 ", "greatest 5.000 ms");
	}

	/** As one reads it: cells with spaces between them. */
	private static String text(String page) {
		return page.replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ");
	}

	@Test
	void theEightMostFrequentAreSeenByName() throws Exception {
		PlotDrill drill = drill();
		for (int number = 0; number < 12; number++) {
			for (int i = 0; i <= number; i++) {
				drill.echoed("echo-" + number, 1, 10);
			}
		}
		JsonNode expected = PlotDrill.data(drill.page(100)).get("expected");
		assertThat(expected.valueStream().map((one) -> one.get("name").asString())).containsExactly(Stream
			.concat(IntStream.range(0, 8).mapToObj((number) -> "echo-" + (11 - number) + " (1)"), Stream.of("others"))
			.toArray(String[]::new));
		assertThat(expected.get(8).get("counts").get(0).asInt()).isEqualTo(1 + 2 + 3 + 4);
	}

	@Test
	void whoeverDoesNotTellIsOneOfAll() throws Exception {
		PlotDrill drill = drill();
		drill.echoed(null, 1, 10);
		assertThat(PlotDrill.data(drill.page(100)).get("expected").toString())
			.isEqualTo("[{\"name\":\"as expected\",\"counts\":[1]}]");
	}

	@Test
	void aNameIsNoMarkup() throws Exception {
		String name = "</script><img src=x onerror=alert(1)>{{data}}&amp;\u202e";
		PlotDrill drill = drill();
		drill.echoed(name, 1, 10);
		drill.failed(Ending.RESET, name, 20);
		String page = drill.page(100);
		assertThat(page).doesNotContain("<img", "</script><");
		assertThat(page)
			.contains("<bdi>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;{{data}}&amp;amp;\u202e</bdi>");
		JsonNode data = PlotDrill.data(page);
		assertThat(data.get("marks").get(0).get("name").asString()).isEqualTo(name);
		assertThat(data.get("expected").get(0).get("name").asString()).isEqualTo(name + " (1)");
	}

	@Test
	void thePolicyAllowsWhatIsInThePageAndNothingElse() throws Exception {
		PlotDrill drill = drill();
		drill.echoed("one", 1, 10);
		String page = drill.page(100);
		assertThat(page).contains("content=\"default-src 'none'; script-src '" + hash(page, "script") + "'; style-src '"
				+ hash(page, "style") + "'; base-uri 'none'; form-action 'none'\"");
		assertThat(page).doesNotContainPattern("<(link|img|iframe)|@import|url\\(| style=\"");
	}

	private static String hash(String page, String element) throws Exception {
		Matcher matcher = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL).matcher(page);
		assertThat(matcher.find()).isTrue();
		byte[] bytes = matcher.group(1).getBytes(StandardCharsets.UTF_8);
		return "sha256-" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
	}

	@Test
	void aPageOfAnHourHas500KilobytesAtMost() throws Exception {
		PlotDrill drill = drill();
		Random random = new Random(33);
		List<Ending> kinds = List.of(Ending.values());
		for (int i = 0; i < 360_000; i++) {
			drill.echoed("echo-7d9c5b8f6d-" + random.nextInt(12), Math.exp(4 * random.nextGaussian()), 10 * i);
			if (i % 10 == 0) {
				drill.failed(kinds.get(2 + random.nextInt(6)), "failed", 10 * i);
			}
		}
		String page = drill.page(3_600_000);
		assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(100_000, 500_000);
		assertThat(PlotDrill.data(page).get("least").size()).isBetween(600, 1200);
	}

	@Test
	void theShadedGapOfAServiceThatIsStartedAgainIsTheSummarys() throws Exception {
		Path file = this.directory.resolve("drill.html");
		CountDownLatch echoed = new CountDownLatch(5);
		// Nobody else is given it meanwhile.
		int port = EchoProcess.closedPort();
		InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
		try (Peer before = new Peer(loopback, port, (client) -> {
			Peer.echo(client);
			echoed.countDown();
		})) {
			CompletableFuture<Result> drill = CompletableFuture.supplyAsync(
					() -> sendTo(port, "hello", "--duration=1500ms", "--json", "--fail-under=0%", "--plot=" + file));
			assertThat(echoed.await(30, TimeUnit.SECONDS)).isTrue();
			before.stop();
			try (Peer after = new Peer(loopback, port, Peer::echo)) {
				JsonNode summary = drill.get(30, TimeUnit.SECONDS).summary();
				assertThat(after.port()).isEqualTo(port);
				JsonNode data = PlotDrill.data(Files.readString(file));
				assertThat(data.get("gapMilliseconds")).isEqualTo(summary.get("gapMilliseconds"));
				for (String end : List.of("gapFrom", "gapTo")) {
					Instant time = Instant.parse(summary.get(end).asString());
					assertThat(data.get(end).asDouble())
						.isCloseTo(Duration.between(Instant.EPOCH, time).toNanos() / 1e6, within(0.01));
				}
				int all = data.get("expected").get(0).get("counts").valueStream().mapToInt(JsonNode::asInt).sum();
				assertThat(all).isEqualTo(summary.get("echoed").asInt());
			}
		}
	}

}
