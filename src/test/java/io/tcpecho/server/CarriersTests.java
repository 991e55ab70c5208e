package io.tcpecho.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What handlers that compute without a pause do to the others.
 */
@ExtendWith(OutputCaptureExtension.class)
@Isolated("It measures what carriers do")
class CarriersTests {

	private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

	private final AtomicBoolean computing = new AtomicBoolean(true);

	@Test
	void aHandlerThatComputesHoldsUpNobodyForLong() throws Exception {
		Assumptions.assumeTrue(PROCESSORS > 1, "It takes a second processor to go on beside one that computes");
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start(); TestClient computing = service.connect()) {
			handleByComputing(service, entered);
			// A start on a busy machine may have called for more.
			awaitOneCarrier(service);
			computing.write("compute");
			entered.await();
			// It computes until the other client has its reply, or times out.
			assertThat(service.echo("hello")).isEqualTo("hello");
			assertThat(service.gauge("echo.carriers")).isGreaterThan(1);
			assertThat(service.factory().availability().isReady()).isTrue();
			this.computing.set(false);
			assertThat(computing.readText()).isEqualTo("compute");
			awaitOneCarrier(service);
		}
	}

	@Test
	void aStarvedServiceIsNotReadyUntilItGoesOn(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(PROCESSORS);
		try (TestService service = TestService.start(); HttpClient http = HttpClient.newHttpClient()) {
			handleByComputing(service, entered);
			List<TestClient> clients = new ArrayList<>();
			for (int i = 0; i < PROCESSORS; i++) {
				clients.add(service.connect().write("compute"));
			}
			entered.await();
			await().until(() -> service.gauge("echo.listener.up") == 0);
			HttpResponse<String> readiness = get(http, service, "readiness");
			assertThat(readiness.statusCode()).isEqualTo(503);
			assertThat(readiness.body())
				.containsPattern(
						"\"reason\":\"no virtual thread has run for \\d{4,} ms: something holds the %d carriers\""
							.formatted(PROCESSORS))
				.contains("\"open\":%d,".formatted(PROCESSORS));
			assertThat(get(http, service, "liveness").statusCode()).isEqualTo(200);
			assertThat(service.gauge("echo.exchange.oldest")).isGreaterThanOrEqualTo(4);
			// The watcher says so only when it looks next.
			await().until(() -> output.getAll().contains("Not ready: no virtual thread has run for "));
			// Once, and not with each beat.
			await().during(Duration.ofMillis(500)).until(() -> Logged.lines(output, "Not ready: ").size() == 1);
			this.computing.set(false);
			for (TestClient client : clients) {
				assertThat(client.readText()).isEqualTo("compute");
				client.close();
			}
			await().until(() -> service.gauge("echo.listener.up") == 1);
			await().until(() -> Logged.lines(output, "Virtual threads run again").size() == 1);
			assertThat(service.liveness()).isEqualTo(LivenessState.CORRECT);
		}
		assertThat(Logged.lines(output, " WARN ")).singleElement()
			.asString()
			.contains("Not ready: no virtual thread has run for ");
	}

	@Test
	void whoSendsInTimeIsNoTimeoutBecauseCarriersAreHeld() throws Exception {
		CountDownLatch entered = new CountDownLatch(PROCESSORS);
		try (TestService service = TestService.start("echo.read-timeout=1s")) {
			handleByComputing(service, entered);
			List<TestClient> waiting = service.connect(100);
			List<TestClient> computing = service.connect(PROCESSORS);
			for (TestClient client : computing) {
				client.write("compute");
			}
			// One after the other has a carrier of its own.
			assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
			for (TestClient client : waiting) {
				client.write("hello");
			}
			await().until(() -> service.gauge("echo.exchange.oldest") > 3);
			this.computing.set(false);
			for (TestClient client : waiting) {
				assertThat(client.readText()).isEqualTo("hello");
				client.close();
			}
			for (TestClient client : computing) {
				client.close();
			}
			assertThat(service.ended(Outcome.TIMEOUT)).isZero();
		}
	}

	/** Each 10 s without a late virtual thread take one away. */
	private static void awaitOneCarrier(TestService service) {
		await().atMost(Duration.ofSeconds(10 * PROCESSORS + 60)).until(() -> service.gauge("echo.carriers") == 1);
	}

	private void handleByComputing(TestService service, CountDownLatch entered) {
		HandlerTests.handle(service, (message) -> {
			if (HandlerTests.text(message).equals("compute")) {
				entered.countDown();
				long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
				while (this.computing.get() && System.nanoTime() < deadline) {
					Thread.onSpinWait();
				}
			}
			return message;
		});
	}

	private static HttpResponse<String> get(HttpClient http, TestService service, String group)
			throws IOException, InterruptedException {
		URI uri = URI.create("http://localhost:%d/actuator/health/%s".formatted(service.actuatorPort(), group));
		return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
	}

}
