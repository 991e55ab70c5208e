package io.tcpecho.startup;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import com.jayway.jsonpath.JsonPath;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How the process starts, refuses to start, and what it prints.
 */
// Early, for it takes longest.
@Order(2)
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
			echo.assertNothingAmiss();
		}
	}

	@Tag("echo")
	@Test
	void theJvmOptionsOfTheImageAreKnownToTheJvm() throws Exception {
		try (EchoProcess echo = EchoProcess.startWith(List.of("@src/main/docker/jvm.options"))) {
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
				.anyMatch(line(start + "timeout, 0 bytes in, 0 out, 1\\d{6} µs"));
			try (Socket socket = echo.connect()) {
				EchoProcess.exchange(socket, "hello");
				String address = "127.0.0.1:%d echoed, 5 bytes in, 5 out".formatted(socket.getLocalPort());
				await().untilAsserted(() -> assertThat(echo.output(address)).hasSize(1));
			}
		}
	}

	@Tag("echo")
	@Test
	void structuredLogsHaveAConnectionsFieldsByTheirEcsNames() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--logging.structured.format.console=ecs",
				"--logging.level.io.tcpecho=debug")) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			echo.terminate();
			echo.awaitExit(TIMEOUT);
			assertThat(echo.output()).isNotEmpty()
				.allSatisfy((line) -> assertThat(JsonPath.<String>read(line, "$.message")).isNotEmpty());
			assertThat(echo.output("bytes in")).singleElement().satisfies((line) -> {
				assertThat(JsonPath.<Map<String, Object>>read(line, "$.client")).containsEntry("address", "127.0.0.1")
					.containsEntry("bytes", 5)
					.containsKey("port");
				assertThat(JsonPath.<Integer>read(line, "$.server.bytes")).isEqualTo(5);
				assertThat(JsonPath.<String>read(line, "$.event.action")).isEqualTo("echoed");
				assertThat(JsonPath.<Integer>read(line, "$.event.duration")).isPositive();
			});
		}
	}

	@Tag("echo")
	@Test
	void clientsThatComeBeforeItHasStartedAreServedOrRefused() throws Exception {
		int port = EchoProcess.closedPort();
		Callable<List<String>> client = () -> {
			long end = System.nanoTime() + TIMEOUT.toNanos();
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
	void aPrivilegedPortEndsTheStartAndTheMessageSaysWhatToDo() throws Exception {
		try (EchoProcess echo = EchoProcess.launchUnprivileged("--echo.port=81")) {
			assertThat(failure(echo)).contains("The service cannot listen on port 81: Permission denied.",
					"Take a port from 1024 up for echo.port.");
		}
	}

	@ParameterizedTest
	@CsvSource({ "ECHO_PORT, echo", "SERVER_PORT, server" })
	void aVariableThatKubernetesMakesForAServiceOfThatNameIsExplained(String variable, String service)
			throws Exception {
		try (EchoProcess echo = EchoProcess.launch(Map.of(variable, "tcp://192.0.2.1:23000"))) {
			assertThat(failure(echo)).contains(
					service + ".port is \"tcp://192.0.2.1:23000\", and must be a whole number", variable,
					"Kubernetes sets this variable for a Service called " + service, "enableServiceLinks: false");
		}
	}

	@Tag("echo")
	@ParameterizedTest
	@ValueSource(strings = { "{\"echo\": {\"identity\": null, \"linger\": null}}",
			"{\"echo\": {\"identity\": {}, \"linger\": {}}}" })
	void aGroupThatIsEmptyIsAsIfItWereLeftOut(String json) throws Exception {
		try (EchoProcess echo = EchoProcess.launch(Map.of("SPRING_APPLICATION_JSON", json, "ECHO_PORT", "0"))
			.awaitReady()) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			assertThat(echo.output("WARN")).isEmpty();
		}
	}

	@Test
	void brokenJsonInTheVariableIsNamed() throws Exception {
		try (EchoProcess echo = EchoProcess.launch(Map.of("SPRING_APPLICATION_JSON", "{echo"))) {
			assertThat(failure(echo)).contains("SPRING_APPLICATION_JSON is no JSON: ", "Correct it.");
		}
	}

	@Test
	void aDirectoryForTemporaryFilesThatIsNotThereIsNamed() throws Exception {
		try (EchoProcess echo = EchoProcess.launch(Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=/nonexistent"))) {
			assertThat(failure(echo)).contains("no directory for temporary files: /nonexistent can't be written.",
					"Let -Djava.io.tmpdir name a directory that can be.");
		}
	}

	@Test
	void aLogFileHasWhatTheConsoleHas(@TempDir Path directory) throws Exception {
		Path file = directory.resolve("echo.log");
		try (EchoProcess echo = EchoProcess.start("--logging.file.name=" + file)) {
			assertThat(echo.output("Listening on")).hasSize(1);
			await().untilAsserted(() -> assertThat(file).content().contains("Listening on"));
		}
	}

	@Test
	void theConsoleMayBeSilentBesideALogFile(@TempDir Path directory) throws Exception {
		Path file = directory.resolve("echo.log");
		try (EchoProcess echo = EchoProcess.launch("--logging.file.name=" + file, "--logging.console.enabled=false")) {
			await().atMost(TIMEOUT).untilAsserted(() -> assertThat(file).content().contains("Listening on"));
			assertThat(echo.output()).isEmpty();
		}
	}

	@Test
	void aHostNameWithoutAnAddressIsTheInstanceAllTheSame(@TempDir Path directory) throws Exception {
		Path hosts = Files.createFile(directory.resolve("hosts"));
		try (EchoProcess echo = EchoProcess.startWith(List.of("-Djdk.net.hosts.file=" + hosts),
				"--echo.reply=identity")) {
			assertThat(JsonPath.<String>read(echo.echo("hello"), "$.instance"))
				.isEqualTo(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
		}
	}

	@Tag("echo")
	@Test
	void aLazyApplicationServesAllTheSame() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--spring.main.lazy-initialization=true")) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			assertThat(echo.get("health/readiness")).isEqualTo(200);
		}
	}

	@Test
	void aMisspeltVariableOrSystemPropertyIsAWarningThatNamesTheNearestSetting() throws Exception {
		Map<String, String> environment = Map.ofEntries(Map.entry("ECHO_PROT", "7"), Map.entry("ECHO_PORT", "0"),
				Map.entry("ECHO_READTIMEOUT", "3s"), Map.entry("ECHO_LINGER_MAX_BYTES", "1KB"),
				Map.entry("ECHO_SERVICE_HOST", "192.0.2.1"), Map.entry("ECHO_SERVICE_PORT", "23000"),
				Map.entry("ECHO_SERVICE_PORT_ECHO", "23000"), Map.entry("ECHO_PORT_23000_TCP", "tcp://192.0.2.1:23000"),
				Map.entry("ECHO_PORT_23000_TCP_ADDR", "192.0.2.1"),
				Map.entry("JAVA_TOOL_OPTIONS", "-Decho.drian-timeout=1s"));
		try (EchoProcess echo = EchoProcess.launch(environment).awaitReady()) {
			assertThat(echo.output("WARN")).satisfiesExactlyInAnyOrder(
					(line) -> assertThat(line).contains("echo.prot is no setting, and is ignored.", "ECHO_PROT",
							"The nearest is echo.port."),
					(line) -> assertThat(line).contains("echo.drian-timeout is no setting, and is ignored.",
							"The nearest is echo.drain-timeout."));
		}
	}

	/**
	 * One echoed, with more than one read can take, two empty, one timeout.
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
		Map.of("echoed", 1, "empty", 2, "timeout", 1).forEach((outcome, count) -> {
			await().untilAsserted(() -> assertThat(echo.ended(outcome)).as(outcome).isEqualTo(count.doubleValue()));
		});
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

	private static String failure(EchoProcess echo) throws InterruptedException {
		assertThat(echo.awaitExit(TIMEOUT)).isEqualTo(1);
		return RefusedStartTests.failure(echo.text());
	}

}
