package io.tcpecho;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How the process starts, refuses to start, and what it prints.
 */
class ProcessStartIT {

	private static final Duration TIMEOUT = Duration.ofMinutes(1);

	@Tag("echo")
	@Test
	void aHealthyRunPrintsNothingForAConnectionAndNoWarning() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=1s")) {
			List<String> printedAtStart = echo.output();
			serveEachKindOfClient(echo);
			for (String endpoint : List.of("health", "health/liveness", "health/readiness", "info", "prometheus",
					"sbom/application")) {
				assertThat(echo.get(endpoint)).as(endpoint).isEqualTo(200);
			}
			assertThat(echo.output()).isEqualTo(printedAtStart);
			echo.terminate();
			echo.awaitExit(TIMEOUT);
			assertThat(echo.output()).noneMatch((line) -> line.contains("WARN") || line.contains("ERROR"));
		}
	}

	@Tag("echo")
	@Test
	void theJvmOptionsOfTheImageAreKnownToTheJvm() throws Exception {
		try (EchoProcess echo = EchoProcess.startWithJvmOptions(Path.of("src/main/docker/jvm.options"))) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			echo.terminate();
			echo.awaitExit(TIMEOUT);
			assertThat(echo.output()).noneMatch((line) -> line.toLowerCase(Locale.ROOT).contains("warn"));
		}
	}

	@Tag("echo")
	@Test
	void debugPrintsOneLineForEachConnection() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=1s", "--logging.level.io.tcpecho=debug")) {
			serveEachKindOfClient(echo);
			await().untilAsserted(() -> assertThat(echo.output("bytes in")).hasSize(4));
			String start = "DEBUG .* : 127\\.0\\.0\\.1:\\d+ ";
			assertThat(echo.output("bytes in")).anyMatch(line(start + "echoed, 100 bytes in, 100 out, \\d+ µs"))
				.anyMatch(line(start + "empty, 0 bytes in, 0 out, \\d+ µs"))
				.anyMatch(line(start + "reset, 0 bytes in, 0 out, \\d+ µs"))
				.anyMatch(line(start + "timeout, 0 bytes in, 0 out, 1\\d{6} µs"));
			try (Socket socket = echo.connect()) {
				EchoProcess.exchange(socket, "hello");
				String address = "127.0.0.1:%d echoed, 5 bytes in, 5 out".formatted(socket.getLocalPort());
				await().untilAsserted(() -> assertThat(echo.output(address)).hasSize(1));
			}
		}
	}

	@Test
	void structuredLogsAreOnePropertyAway() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--logging.structured.format.console=ecs")) {
			echo.terminate();
			echo.awaitExit(TIMEOUT);
			assertThat(echo.output()).isNotEmpty()
				.allSatisfy((line) -> assertThat(JsonPath.<String>read(line, "$.message")).isNotEmpty());
		}
	}

	@Tag("echo")
	@Test
	void clientsThatComeBeforeItHasStartedAreServedOrRefused() throws Exception {
		int port = closedPort();
		long end = System.nanoTime() + TIMEOUT.toNanos();
		Callable<List<String>> client = () -> {
			List<String> replies = new ArrayList<>();
			while (replies.size() < 100 && System.nanoTime() < end) {
				try (Socket socket = EchoProcess.connect(port)) {
					replies.add(replyOrFailure(socket));
				}
				catch (ConnectException ex) {
					// As often as possible without taking the processor from the start.
					LockSupport.parkNanos(500_000);
				}
			}
			return replies;
		};
		try (EchoProcess echo = EchoProcess.launch("--echo.port=" + port,
				"--logging.level.org.springframework.integration=info");
				ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
			for (Future<List<String>> replies : clients.invokeAll(Collections.nCopies(8, client))) {
				assertThat(replies.get()).as(echo::text).hasSize(100).containsOnly("hello");
			}
			// The moment between the two is too short for a client to hit it each time.
			assertThat(echo.text()).containsSubsequence("Adding {bridge} as a subscriber", "Listening on");
		}
	}

	@Test
	void aTakenPortEndsTheStartAndTheMessageSaysWhatToDo() throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			String port = String.valueOf(taken.getLocalPort());
			assertThat(failureOfStart("--echo.port=" + port)).contains("Cannot listen on", ":" + port,
					"Address already in use", "echo.port", "ss -ltnp sport = :" + port);
		}
	}

	@Test
	void anAddressOfAnotherMachineEndsTheStartAndTheMessageSaysWhatToDo() throws Exception {
		assertThat(failureOfStart("--echo.address=192.0.2.1")).contains("Cannot listen on /192.0.2.1",
				"Cannot assign requested address", "echo.address");
	}

	@ParameterizedTest
	@CsvSource({ "echo.port, 70000", "echo.max-message-size, 0B", "echo.linger.timeout, -1s", "echo.prot, 1",
			"echo.read-timeout, soon" })
	void aBadSettingEndsTheStartAndTheMessageNamesIt(String property, String value) throws Exception {
		assertThat(failureOfStart("--%s=%s".formatted(property, value))).contains(property);
	}

	/**
	 * One echoed, with more than one read can take, one empty, one reset, one timeout.
	 */
	private static void serveEachKindOfClient(EchoProcess echo) throws Exception {
		assertThat(echo.echo("x".repeat(300))).isEqualTo("x".repeat(100));
		echo.connect().close();
		try (Socket reset = echo.connect()) {
			reset.setSoLinger(true, 0);
		}
		try (Socket silent = echo.connect()) {
			assertThat(EchoProcess.receive(silent)).isEmpty();
		}
		for (String outcome : List.of("echoed", "empty", "reset", "timeout")) {
			String series = "echo_exchange_duration_seconds_count{outcome=\"%s\"}".formatted(outcome);
			await().untilAsserted(() -> assertThat(echo.metric(series)).as(series).isEqualTo(1));
		}
	}

	private static Predicate<String> line(String regex) {
		return Pattern.compile(regex).asPredicate();
	}

	private static String replyOrFailure(Socket socket) {
		try {
			return EchoProcess.exchange(socket, "hello");
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	/**
	 * What is printed for a start that fails, as Spring Boot's failure analysis words it
	 * and without a stack trace.
	 */
	private static String failureOfStart(String... arguments) throws Exception {
		try (EchoProcess echo = EchoProcess.launch(arguments)) {
			assertThat(echo.awaitExit(TIMEOUT)).isEqualTo(1);
			assertThat(echo.output()).noneMatch(line("^\\s+at "));
			return echo.text().substring(echo.text().indexOf("APPLICATION FAILED TO START"));
		}
	}

	/**
	 * A port that nobody has, below those that the kernel hands out: a client that
	 * connects to one of its own could be given the same one and meet itself.
	 */
	static int closedPort() throws IOException {
		for (int i = 0; i < 100; i++) {
			int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
			try (ServerSocket free = new ServerSocket(port)) {
				return free.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: another one.
			}
		}
		throw new IOException("No free port");
	}

}
