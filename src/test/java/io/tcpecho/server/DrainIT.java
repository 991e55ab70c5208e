package io.tcpecho.server;

import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import com.jayway.jsonpath.JsonPath;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What a SIGTERM does.
 */
class DrainIT {

	/** What the JVM exits with after a SIGTERM. */
	private static final int TERMINATED = 128 + 15;

	@Tag("echo")
	@Test
	void connectedClientsAreServedAndSilentOnesDoNotHoldUpTheEnd() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=3s")) {
			List<Socket> writing = echo.connect(echo.port(), 200);
			echo.connect(echo.port(), 20);
			try (Socket before = echo.connect()) {
				assertThat(EchoProcess.exchange(before, "hello")).isEqualTo("hello");
			}
			long terminatedAt = System.nanoTime();
			echo.terminate();
			await().untilAsserted(() -> assertThat(listenerStatus(echo)).isEqualTo("DOWN"));
			assertThat(echo.get("health/readiness")).isEqualTo(503);
			assertThat(echo.get("health/liveness")).isEqualTo(200);
			for (Socket socket : writing) {
				assertThat(EchoProcess.exchange(socket, "hello")).isEqualTo("hello");
			}
			// One at a time: the listener has closed after the second at the latest.
			assertThatExceptionOfType(ConnectException.class).isThrownBy(echo::connect);
			assertThat(echo.get("health/readiness")).isEqualTo(503);
			assertThat(echo.get("health/liveness")).isEqualTo(200);

			assertThat(echo.awaitExit(Duration.ofSeconds(8))).isEqualTo(TERMINATED);
			assertThat(Duration.ofNanos(System.nanoTime() - terminatedAt)).isLessThan(Duration.ofSeconds(8));
			assertDrained(echo,
					"200 echoed, 0 empty, 20 timeout, 0 reset, 0 malformed, 0 aborted, 0 error; since the start 201 echoed");
		}
	}

	@Tag("echo")
	@Test
	void clientsInTheKernelsQueueAreServed() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.max-connections=10", "--echo.read-timeout=1m")) {
			List<Socket> silent = echo.connect(echo.port(), 10);
			await().untilAsserted(() -> assertThat(echo.metric("echo_connections_active")).isEqualTo(10));
			List<Socket> queued = echo.connect(echo.port(), 100);
			echo.terminate();
			await().untilAsserted(() -> assertThat(listenerStatus(echo)).isEqualTo("DOWN"));
			for (Socket socket : queued) {
				EchoProcess.send(socket, "hello");
			}
			// Also now no more than the limit at a time.
			assertThat(echo.metric("echo_connections_accepted_total")).isEqualTo(10);
			for (Socket socket : silent) {
				socket.close();
			}
			for (Socket socket : queued) {
				assertThat(EchoProcess.receive(socket)).isEqualTo("hello");
				socket.close();
			}
			assertThat(echo.awaitExit(Duration.ofSeconds(5))).isEqualTo(TERMINATED);
			assertDrained(echo,
					"100 echoed, 10 empty, 0 timeout, 0 reset, 0 malformed, 0 aborted, 0 error; since the start 100 echoed");
		}
	}

	@Test
	void theDrainTimeoutCutsWhoStaysSilent() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.drain-timeout=1s", "--echo.read-timeout=1m")) {
			echo.connect(echo.port(), 20);
			await().untilAsserted(() -> assertThat(echo.metric("echo_connections_active")).isEqualTo(20));
			echo.terminate();
			assertThat(echo.awaitExit(Duration.ofSeconds(1 + 5))).isEqualTo(TERMINATED);
			assertDrained(echo,
					"0 echoed, 0 empty, 0 timeout, 0 reset, 0 malformed, 20 aborted, 0 error; since the start 0 echoed");
			echo.assertNothingAmiss();
		}
	}

	@Tag("echo")
	@Test
	void clientsWhoKeepComingDoNotKeepADrainFromItsEnd() throws Exception {
		// So few permits that the kernel's queue is never empty.
		assertThat(drainUnderLoad(64, "--echo.max-connections=2", "--echo.backlog=16")).isSubsetOf("refused", "reset");
	}

	private static List<String> drainUnderLoad(int clientCount, String... settings) throws Exception {
		AtomicInteger echoed = new AtomicInteger();
		// In this order: the clients go on until the process has ended.
		try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
				EchoProcess echo = EchoProcess.start(settings)) {
			int port = echo.port();
			Callable<String> client = () -> {
				while (true) {
					try (Socket socket = EchoProcess.connect(port)) {
						String reply = EchoProcess.exchange(socket, "hello");
						if (!reply.equals("hello")) {
							return "a reply of '%s'".formatted(reply);
						}
						echoed.incrementAndGet();
					}
					catch (ConnectException ex) {
						return "refused";
					}
					catch (SocketException ex) {
						return "reset";
					}
				}
			};
			List<Future<String>> ends = Collections.nCopies(clientCount, client).stream().map(clients::submit).toList();
			await().untilAsserted(() -> assertThat(echoed).hasValueGreaterThan(200));
			assertThat(ends).noneMatch(Future::isDone);
			echo.terminate();
			assertThat(echo.awaitExit(Duration.ofSeconds(5))).isEqualTo(TERMINATED);
			assertThat(echo.output("Drained in")).singleElement()
				.asString()
				.containsPattern(
						": \\d+ echoed, 0 empty, 0 timeout, 0 reset, 0 malformed, 0 aborted, 0 error; since the start \\d+ echoed$");
			List<String> results = new ArrayList<>();
			for (Future<String> end : ends) {
				results.add(end.get());
			}
			return results;
		}
	}

	private static String listenerStatus(EchoProcess echo) throws Exception {
		return JsonPath.read(echo.response("health/readiness").body(), "$.components.listener.status");
	}

	private static void assertDrained(EchoProcess echo, String counts) {
		assertThat(echo.output("Drained in")).singleElement()
			.asString()
			.contains(" INFO ")
			.matches(".* : Drained in \\d+ ms: " + counts);
	}

}
