package io.tcpecho.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a stop does, counted on both sides.
 */
@ExtendWith(OutputCaptureExtension.class)
class DrainTests {

	@ParameterizedTest
	@ValueSource(strings = { "5", "2147483647" })
	void clientsInTheKernelsQueueAreServedWhateverTheBacklog(String backlog) throws Exception {
		TestService service = TestService.start("echo.backlog=" + backlog, "echo.max-connections=1",
				"echo.read-timeout=1m");
		TestClient silent = service.connect();
		await().until(() -> service.gauge("echo.connections.active") == 1);
		List<TestClient> queued = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			queued.add(service.connect().write("hello"));
		}
		try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
			Future<?> closed = executor.submit(service::close);
			await().until(() -> !service.factory().availability().isReady());
			silent.close();
			for (TestClient client : queued) {
				assertThat(client.readText()).isEqualTo("hello");
				client.close();
			}
			closed.get();
		}
	}

	@ParameterizedTest
	@CsvSource({ "8, 20s, 10000", "64, 20s, 10000", "64, 20s, 4", "256, 20s, 2", "64, 0s, 10000", "64, 0s, 4" })
	void underLoadClientsGotWhatTheServiceSaysItEchoed(int clients, String timeout, int limit, CapturedOutput output)
			throws Exception {
		TestService service = TestService.start("echo.drain-timeout=" + timeout, "echo.max-connections=" + limit);
		AtomicInteger echoed = new AtomicInteger();
		List<Future<String>> ends = drainUnderLoad(service, clients, echoed);
		for (Future<String> end : ends) {
			// Those whose handshake came too late, and with a timeout of 0 those cut.
			assertThat(end.get()).isIn("refused", "reset", "no reply");
		}
		Map<Outcome, Long> ended = service.factory().books.endedByOutcome();
		assertThat(ended.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(service.accepted());
		assertThat(ended.get(Outcome.ECHOED)).isEqualTo(echoed.get());
		assertThat(ended.get(Outcome.ERROR)).isZero();
		if (timeout.equals("20s")) {
			assertThat(ended.get(Outcome.ABORTED)).isZero();
		}
		assertThat(service.factory().server().open().count()).isZero();
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aDrainOfNobodyEndsAtOnce(CapturedOutput output) throws IOException {
		TestService service = TestService.start();
		Drain drain = service.context().getBean(Drain.class);
		assertThat(service.echo("hello")).isEqualTo("hello");
		await().until(() -> service.gauge("echo.connections.lingering") == 0 && service.ended() == 1);
		service.close();
		assertThat(drain.isRunning()).isFalse();
		Logged.flush(output);
		assertThat(output).containsPattern("Drained in \\d{1,4} ms: 0 echoed, .*; since the start 1 echoed");
	}

	@Test
	void aHugeBacklogAndAFullLimitDoNotLengthenADrain(CapturedOutput output) throws Exception {
		TestService service = TestService.start("echo.backlog=65535", "echo.max-connections=2");
		List<Future<String>> ends = drainUnderLoad(service, 32, new AtomicInteger());
		for (Future<String> end : ends) {
			assertThat(end.get()).isIn("refused", "reset");
		}
		assertThat(service.factory().books.endedByOutcome().get(Outcome.ABORTED)).isZero();
		Logged.flush(output);
		assertThat(output).containsPattern("Drained in [12]?\\d{1,3} ms");
	}

	private static List<Future<String>> drainUnderLoad(TestService service, int clients, AtomicInteger echoed) {
		int port = service.port();
		List<Future<String>> ends = new ArrayList<>();
		// On platform threads, or they would wait for the service's carrier.
		try (ExecutorService executor = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
			for (int i = 0; i < clients; i++) {
				ends.add(executor.submit(() -> loop(port, echoed)));
			}
			await().untilAsserted(() -> assertThat(echoed).hasValueGreaterThan(500));
			assertThat(ends).noneMatch(Future::isDone);
			service.close();
		}
		return ends;
	}

	@Test
	void whoIsStillQueuedAtTheDrainTimeoutIsReset(CapturedOutput output) throws Exception {
		TestService service = TestService.start("echo.max-connections=5", "echo.read-timeout=1m",
				"echo.drain-timeout=500ms");
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < 105; i++) {
			clients.add(service.connect());
		}
		await().until(() -> service.gauge("echo.connections.active") == 5);
		service.close();
		assertThat(service.accepted()).isEqualTo(5);
		assertThat(service.factory().books.endedByOutcome().get(Outcome.ABORTED)).isEqualTo(5);
		int reset = 0;
		for (TestClient client : clients) {
			reset += HandlerTests.isReset(client) ? 1 : 0;
			client.close();
		}
		assertThat(reset).isEqualTo(100);
		Logged.flush(output);
		assertThat(output).contains(" 5 aborted, 0 error");
	}

	@Test
	void anInterruptEndsADrainAndTheStopAfterItWaitsForTheConnections(CapturedOutput output) throws Exception {
		try (TestService service = TestService.start("echo.read-timeout=1m"); TestClient silent = service.connect()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			AtomicBoolean stillInterrupted = new AtomicBoolean();
			Thread stopping = Thread.ofPlatform().start(() -> {
				service.context().getBean(Drain.class).stop();
				stillInterrupted.set(Thread.currentThread().isInterrupted());
			});
			await().until(() -> isRefused(service.port()));
			stopping.interrupt();
			stopping.join();
			assertThat(stillInterrupted).isTrue();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(silent.readAll()).isEmpty();
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void theReportIsRightWithoutMeters(CapturedOutput output) throws Exception {
		TestService service = TestService.start("management.metrics.enable.echo=false");
		TestClient client = service.connect();
		try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
			await().until(() -> service.factory().server().open().count() == 1);
			Future<?> closed = executor.submit(service::close);
			await().until(() -> !service.factory().availability().isReady());
			assertThat(client.write("hello").readText()).isEqualTo("hello");
			client.close();
			closed.get();
		}
		Logged.flush(output);
		assertThat(output).containsPattern("Drained in \\d+ ms: 1 echoed, 0 empty");
	}

	private static boolean isRefused(int port) throws IOException {
		try (TestClient _ = TestClient.connect(port)) {
			return false;
		}
		catch (SocketException ex) {
			return true;
		}
	}

	private static String loop(int port, AtomicInteger echoed) throws IOException {
		while (true) {
			try (TestClient client = TestClient.connect(port)) {
				String reply = client.write("hello").readText();
				if (!reply.equals("hello")) {
					return reply.isEmpty() ? "no reply" : "a reply of '%s'".formatted(reply);
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
	}

}
