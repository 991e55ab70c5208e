package io.tcpecho.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Clients of all kinds at once, and a stop in their midst.
 */
@ExtendWith(OutputCaptureExtension.class)
class AbuseTests {

	private static final Duration BEFORE_THE_STOP = Duration.ofSeconds(5);

	private final AtomicInteger echoed = new AtomicInteger();

	private volatile boolean over;

	@Test
	void theBooksBalanceUnderEveryKindOfAbuseAndAStopInItsMidst(CapturedOutput output) throws Exception {
		TestService service = TestService.start("echo.max-connections=200", "echo.read-timeout=500ms",
				"echo.linger.timeout=300ms", "echo.drain-timeout=1s");
		List<Future<?>> clients = new ArrayList<>();
		int port = service.port();
		try (ExecutorService executor = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
			for (Abuse abuse : Abuse.values()) {
				for (int i = 0; i < 4; i++) {
					clients.add(executor.submit(() -> repeat(abuse, port)));
				}
			}
			await().during(BEFORE_THE_STOP).until(() -> service.factory().availability().isReady());
			service.close();
			this.over = true;
		}
		for (Future<?> client : clients) {
			client.get();
		}
		Map<Outcome, Long> ended = service.factory().books.endedByOutcome();
		assertThat(ended.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(service.accepted());
		assertThat(service.factory().server().open().count()).isZero();
		assertThat(ended.get(Outcome.ERROR)).isZero();
		assertThat(ended.get(Outcome.TIMEOUT)).isPositive();
		assertThat(ended.get(Outcome.EMPTY)).isPositive();
		assertThat(ended.get(Outcome.ECHOED)).isGreaterThanOrEqualTo(this.echoed.get());
		assertThat(this.echoed).hasPositiveValue();
		Logged.assertNothingAmiss(output);
	}

	private void repeat(Abuse abuse, int port) {
		while (!this.over) {
			try (TestClient client = TestClient.connect(port)) {
				abuse.run(client, this.echoed);
			}
			catch (IOException ex) {
				// Reset, refused once the service has stopped, or never read from.
			}
		}
	}

	private enum Abuse {

		ECHO {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				if (client.write("hello").readText().equals("hello")) {
					echoed.incrementAndGet();
				}
			}
		},
		SEND_TOO_MUCH {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.write(new byte[20_000]).readAll();
			}
		},
		SEND_NOTHING {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.readAll();
			}
		},
		HALF_CLOSE {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.halfClose().readAll();
			}
		},
		RESET_BEFORE_THE_MESSAGE {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.reset();
			}
		},
		RESET_AFTER_THE_MESSAGE {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.write("hello").reset();
			}
		},
		NEVER_CLOSE {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				client.write("hello").readAll();
				// Until the service has had enough of it, which resets what comes late.
				for (int i = 0; i < 200; i++) {
					client.write("x");
					client.pause();
				}
			}
		},
		PUSH_WITHOUT_END {
			@Override
			void run(TestClient client, AtomicInteger echoed) throws IOException {
				for (int i = 0; i < 1_000; i++) {
					client.write(new byte[1_000]);
				}
			}
		},
		LEAVE {
			@Override
			void run(TestClient client, AtomicInteger echoed) {
			}
		};

		abstract void run(TestClient client, AtomicInteger echoed) throws IOException;

	}

}
