package io.tcpecho.server;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.jayway.jsonpath.JsonPath;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the service does where file descriptors are scarce.
 */
@Isolated("It counts what happens in a second")
class DescriptorsIT {

	private static final String ACCEPT_FAILURES = "echo_accept_failures_total";

	@Tag("echo")
	@Test
	void theLimitLeavesDescriptorsForActuator() throws Exception {
		try (EchoProcess echo = EchoProcess.startWithDescriptors(300, "--echo.read-timeout=1m")) {
			assertThat(echo.output("WARN")).singleElement()
				.asString()
				.contains("echo.max-connections is lowered from 10000 to 81", "300 file descriptors", "ulimit -n");
			assertThat(echo.metric("echo_connections_limit")).isEqualTo(81);

			// Of these, Actuator keeps 21, and has 27 at most.
			double before = echo.metric("process_files_open_files");
			echo.connect(echo.actuatorPort(), 150);
			List<Socket> silent = echo.connect(echo.port(), 81);
			await().untilAsserted(() -> assertThat(echo.metric("echo_connections_active")).isEqualTo(81));
			await().untilAsserted(() -> assertThat(echo.metric("process_files_open_files")).isBetween(before + 81 + 15,
					before + 81 + 27 + 10));

			List<Socket> queued = echo.connect(echo.port(), 10);
			for (Socket socket : queued) {
				EchoProcess.send(socket, "hello");
			}
			echo.reconnect();
			assertThat(echo.get("health")).isEqualTo(200);
			assertThat(echo.get("health/liveness")).isEqualTo(200);
			assertThat(echo.get("health/readiness")).isEqualTo(200);
			assertThat(echo.metric("echo_listener_up")).isEqualTo(1);
			assertThat(echo.metric("echo_connections_accepted_total")).isEqualTo(81);
			assertThat(echo.metric(ACCEPT_FAILURES)).isZero();

			for (Socket socket : queued) {
				assertThat(socket.getInputStream().available()).isZero();
			}
			for (int i = 0; i < queued.size(); i++) {
				silent.get(i).close();
				assertThat(EchoProcess.receive(queued.get(i))).isEqualTo("hello");
				queued.get(i).close();
			}
		}
	}

	@Tag("echo")
	@Test
	void aFullDescriptorTableIsSurvived() throws Exception {
		assumePrlimit();
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=1m", "--echo.max-connections=100")) {
			Socket open = echo.connect(echo.port(), 1).getFirst();
			await().untilAsserted(() -> assertThat(echo.metric("echo_connections_active")).isEqualTo(1));

			// Less than are open: no new one, whichever have been closed.
			limitDescriptors(echo, 3);
			long fullAt = System.nanoTime();
			Socket queued = echo.connect(echo.port(), 1).getFirst();
			EchoProcess.send(queued, "hello");
			await().pollInterval(Duration.ofMillis(250))
				.untilAsserted(() -> assertThat(echo.metric(ACCEPT_FAILURES)).isGreaterThanOrEqualTo(25));
			// Ten a second: it does not spin.
			assertThat(echo.metric(ACCEPT_FAILURES)).isLessThanOrEqualTo(1 + (System.nanoTime() - fullAt) / 1e8);
			assertThat(echo.metric("echo_listener_up")).isZero();
			assertThat(EchoProcess.exchange(open, "still here")).isEqualTo("still here");
			assertThat(echo.get("health/liveness")).isEqualTo(200);
			// Only now: Tomcat closes a connection after a 503, and could not accept
			// another one.
			HttpResponse<String> readiness = echo.response("health/readiness");
			assertThat(readiness.statusCode()).isEqualTo(503);
			assertThat(JsonPath.<String>read(readiness.body(), "$.components.listener.status")).isEqualTo("DOWN");
			assertThat(JsonPath.<String>read(readiness.body(), "$.components.listener.details.reason"))
				.isEqualTo("accept fails: Too many open files");

			limitDescriptors(echo, 1024);
			long raisedAt = System.nanoTime();
			assertThat(EchoProcess.receive(queued)).isEqualTo("hello");
			assertThat(echo.echo("a new one")).isEqualTo("a new one");
			assertThat(Duration.ofNanos(System.nanoTime() - raisedAt)).isLessThan(Duration.ofSeconds(2));
			assertThat(echo.get("health/readiness")).isEqualTo(200);
			assertThat(echo.metric("echo_listener_up")).isEqualTo(1);
			assertAtMostOneWarningASecond(echo);
		}
	}

	private static void assertAtMostOneWarningASecond(EchoProcess echo) {
		List<String> warnings = echo.output("WARN");
		assertThat(warnings).hasSizeGreaterThan(1).allMatch((line) -> line.contains("Too many open files"));
		List<OffsetDateTime> times = warnings.stream()
			.map((line) -> OffsetDateTime.parse(line.substring(0, line.indexOf(' '))))
			.toList();
		for (int i = 1; i < times.size(); i++) {
			// Two clocks: the service measures the second with the other one.
			assertThat(Duration.between(times.get(i - 1), times.get(i))).as(echo::text)
				.isGreaterThan(Duration.ofMillis(900));
		}
	}

	private static void assumePrlimit() throws InterruptedException {
		try {
			new ProcessBuilder("prlimit", "--version").start().waitFor();
		}
		catch (IOException ex) {
			Assumptions.abort("It takes prlimit, from util-linux, to fill a descriptor table: " + ex.getMessage());
		}
	}

	private static void limitDescriptors(EchoProcess echo, int descriptors) throws Exception {
		Process prlimit = new ProcessBuilder("prlimit", "--pid", String.valueOf(echo.pid()),
				"--nofile=%d:".formatted(descriptors))
			.inheritIO()
			.start();
		assertThat(prlimit.waitFor(10, TimeUnit.SECONDS)).isTrue();
		assertThat(prlimit.exitValue()).isZero();
	}

}
