package io.tcpecho.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Rule 5: at the limit the service is busy, not broken, and neither there nor elsewhere
 * does it spin.
 */
@ExtendWith(OutputCaptureExtension.class)
@Isolated("It measures the processor time of the carriers")
class LimitTests {

	@Test
	void clientsBeyondTheLimitWaitAndAreServedAsPermitsAreReleased(CapturedOutput output) throws IOException {
		try (TestService service = TestService.start("echo.max-connections=3", "echo.read-timeout=1m",
				"echo.linger.timeout=100ms")) {
			List<TestClient> silent = new ArrayList<>();
			for (int i = 0; i < 3; i++) {
				silent.add(service.connect());
			}
			await().until(() -> service.gauge("echo.connections.active") == 3);
			List<TestClient> flood = new ArrayList<>();
			for (int i = 0; i < 20; i++) {
				flood.add(service.connect().write("number " + i));
			}
			assertThat(service.factory().availability().isReady()).isTrue();
			silent.getFirst().close();
			for (int i = 0; i < 20; i++) {
				assertThat(flood.get(i).readText()).isEqualTo("number " + i);
				flood.get(i).close();
			}
			assertThat(service.accepted()).isEqualTo(23);
			await().until(() -> service.gauge("echo.connections.lingering") == 0);
			for (int i = 0; i < 5; i++) {
				silent.add(service.connect());
			}
			await().until(() -> service.gauge("echo.connections.active") == 3);
			assertThat(service.accepted()).isEqualTo(24);
			for (TestClient client : silent) {
				client.close();
			}
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aLingeringConnectionKeepsItsPermit() throws IOException {
		try (TestService service = TestService.start("echo.max-connections=1", "echo.linger.timeout=3s");
				TestClient lingering = service.connect()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			try (TestClient next = service.connect().write("next")) {
				assertThat(lingering.write("first").readText()).isEqualTo("first");
				assertThat(service.gauge("echo.connections.lingering")).isEqualTo(1);
				assertThat(service.accepted()).isEqualTo(1);
				assertThat(next.readText()).isEqualTo("next");
			}
		}
	}

	@Test
	void withOnePermitEveryoneIsServedInTurn() throws IOException {
		try (TestService service = TestService.start("echo.max-connections=1")) {
			List<TestClient> clients = service.connect(100);
			for (int i = 0; i < clients.size(); i++) {
				clients.get(i).write("number " + i);
			}
			for (int i = 0; i < clients.size(); i++) {
				assertThat(clients.get(i).readText()).isEqualTo("number " + i);
				// Each closes as soon as it can, and makes room for the next.
				clients.get(i).close();
			}
			assertThat(service.factory().server().open().limit()).isEqualTo(1);
			await().until(() -> service.factory().server().open().count() == 0);
		}
	}

	@Test
	void aFullServiceWaitsForAPermitAndDoesNotSpin() throws IOException {
		try (TestService service = TestService.start("echo.max-connections=1", "echo.read-timeout=2s");
				TestClient silent = service.connect()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			try (TestClient next = service.connect().write("next")) {
				Duration before = TestService.carriersRunnableTime();
				assertThat(silent.readAll()).isEmpty();
				// It was full for two seconds: a loop that spins has used most of them.
				assertThat(TestService.carriersRunnableTime().minus(before)).isLessThan(Duration.ofSeconds(1));
				assertThat(next.readText()).isEqualTo("next");
			}
		}
	}

	@Test
	void anInterruptedAcceptorWaitsOnAndDoesNotSpin() throws IOException {
		try (TestService service = TestService.start("echo.read-timeout=2s")) {
			Duration before = TestService.carriersRunnableTime();
			service.acceptor().interrupt();
			try (TestClient silent = service.connect()) {
				assertThat(silent.readAll()).isEmpty();
			}
			assertThat(TestService.carriersRunnableTime().minus(before)).isLessThan(Duration.ofSeconds(1));
			assertThat(service.factory().availability().isReady()).isTrue();
			assertThat(service.meters().get("echo.accept.failures").functionCounter().count()).isZero();
		}
	}

}
